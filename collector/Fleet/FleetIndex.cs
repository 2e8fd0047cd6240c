using System.IO.Hashing;
using System.Runtime.InteropServices;
using Runtime.Collector.Baselines;

namespace Runtime.Collector.Fleet;

/// <summary>
/// Which deployments have learnt which behaviour: what is new here and usual elsewhere says less than what nobody does. Kept in memory, and made
/// again from the scopes' baselines at a start. Any thread.
/// </summary>
/// <remarks>
/// Keys are the items' own, without the phase of an edge, as 64-bit hashes with a seed of this process: two keys that fall together
/// (one pair in 2^64) make a behaviour look more usual than it is, and nobody outside can choose such a pair.
/// </remarks>
internal sealed class FleetIndex
{
    /// <summary>Above it one more deployment tells nothing.</summary>
    public const int Saturation = 16;

    /// <summary>Keys at most: 56 bytes each with the table's overhead. What only one deployment has leaves first, being what most keys are and the least that they tell.</summary>
    public const int MaxKeys = 1_000_000;

    private const int Inline = 4;
    private readonly Lock _gate = new();
    private readonly long _seed = Random.Shared.NextInt64();

    /// <summary>Bounded by <see cref="MaxKeys"/>.</summary>
    private readonly Dictionary<ulong, Holders> _keys = [];

    /// <summary>Scope id → its number here. Bounded by the deployments that the store knows.</summary>
    private readonly Dictionary<string, int> _scopes = new(StringComparer.Ordinal);

    /// <summary>Deployments that are known, the one that asks among them.</summary>
    public int Scopes
    {
        get
        {
            lock (_gate)
            {
                return _scopes.Count;
            }
        }
    }

    public int Keys
    {
        get
        {
            lock (_gate)
            {
                return _keys.Count;
            }
        }
    }

    /// <summary>Keys that left for want of room.</summary>
    public long Evicted { get; private set; }

    /// <summary>A deployment, whether it has learnt anything or not.</summary>
    public void Join(string scopeId)
    {
        lock (_gate)
        {
            NumberOf(scopeId);
        }
    }

    /// <param name="fullKey">Of an item that the deployment has learnt or that a person approved.</param>
    public void Note(string scopeId, ReadOnlySpan<char> fullKey)
    {
        var key = KeyOf(fullKey);
        lock (_gate)
        {
            var scope = NumberOf(scopeId);
            if (_keys.Count >= MaxKeys && !_keys.ContainsKey(key))
            {
                MakeRoom();
            }

            CollectionsMarshal.GetValueRefOrAddDefault(_keys, key, out _).Add(scope);
        }
    }

    /// <summary>How many other deployments have learnt it, up to <see cref="Saturation"/>.</summary>
    public int Others(string scopeId, ReadOnlySpan<char> fullKey)
    {
        var key = KeyOf(fullKey);
        lock (_gate)
        {
            return _keys.TryGetValue(key, out var holders) ? holders.Without(NumberOf(scopeId)) : 0;
        }
    }

    private int NumberOf(string scopeId)
    {
        ref var number = ref CollectionsMarshal.GetValueRefOrAddDefault(_scopes, scopeId, out var exists);
        return exists ? number : number = _scopes.Count;
    }

    /// <summary>An edge's phase is the deployment's own; "nginx starts sh" is not.</summary>
    private ulong KeyOf(ReadOnlySpan<char> fullKey)
    {
        var phase = fullKey[0] == (char)ItemKind.Edge ? fullKey.LastIndexOf('@') : -1;
        return XxHash64.HashToUInt64(MemoryMarshal.AsBytes(phase > 0 ? fullKey[..phase] : fullKey), _seed);
    }

    private void MakeRoom()
    {
        foreach (var key in _keys.Where(entry => entry.Value.Count == 1).Select(entry => entry.Key).Take(MaxKeys / 16).DefaultIfEmpty(_keys.Keys.First()).ToList())
        {
            _keys.Remove(key);
            Evicted++;
        }
    }

    /// <summary>Numbers of deployments: the first four in place, the rest apart.</summary>
    private struct Holders
    {
        private int _first, _second, _third, _fourth;

        /// <summary>Null for four or less; at most <see cref="Saturation"/> - 4.</summary>
        private int[]? _more;

        public byte Count { get; private set; }

        public void Add(int scope)
        {
            if (Count > Saturation || Holds(scope))
            {
                return;
            }

            switch (Count)
            {
                case 0: _first = scope; break;
                case 1: _second = scope; break;
                case 2: _third = scope; break;
                case 3: _fourth = scope; break;
                default:
                    _more ??= new int[Saturation + 1 - Inline];
                    _more[Count - Inline] = scope;
                    break;
            }

            Count++;
        }

        public readonly int Without(int scope) => Math.Min(Saturation, Holds(scope) ? Count - 1 : Count);

        private readonly bool Holds(int scope) =>
            (Count > 0 && _first == scope) || (Count > 1 && _second == scope) || (Count > 2 && _third == scope) || (Count > 3 && _fourth == scope)
            || (_more is not null && _more.AsSpan(0, Count - Inline).Contains(scope));
    }
}
