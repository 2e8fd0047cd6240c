namespace Runtime.Agent.Binaries;

/// <summary>The newest entries by identity: two generations, of which the older one leaves whole. Not thread-safe.</summary>
/// <param name="capacity">Of both generations together.</param>
internal sealed class RecentFiles<TKey, TValue>(int capacity)
    where TKey : struct
{
    // Each bounded by half of the capacity.
    private Dictionary<TKey, TValue> _young = [], _old = [];

    public int Count => _young.Count + _old.Count;

    public bool TryGet(TKey key, out TValue value)
    {
        if (_young.TryGetValue(key, out value!))
            return true;
        if (!_old.Remove(key, out value!))
            return false;
        // In use: it shall outlive the generation.
        Set(key, value);
        return true;
    }

    public void Set(TKey key, TValue value)
    {
        _old.Remove(key);
        if (_young.Count >= capacity / 2 && !_young.ContainsKey(key))
            (_old, _young) = (_young, []);
        _young[key] = value;
    }

    public void Forget(TKey key)
    {
        _young.Remove(key);
        _old.Remove(key);
    }
}
