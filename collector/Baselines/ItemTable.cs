namespace Runtime.Collector.Baselines;

/// <summary>A scope's items.</summary>
internal sealed class ItemTable
{
    /// <summary>Bounded by <see cref="_maxItems"/> and by <see cref="MaxText"/>; <see cref="MakeRoom"/> removes the oldest, pending ones first.</summary>
    private readonly Dictionary<string, Item> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Item>.AlternateLookup<ReadOnlySpan<char>> _byText;
    private readonly int _maxItems;
    private long _text;

    /// <summary>Characters of all keys and removals together; holds a saved scope below its cap.</summary>
    public const long MaxText = 1_500_000;

    public ItemTable(int maxItems)
    {
        _maxItems = maxItems;
        _byText = _items.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public int Count => _items.Count;

    /// <summary>Items that left for want of room since the scope began.</summary>
    public long Evicted { get; set; }

    /// <summary>Items that left because they were not seen for long, since the scope began.</summary>
    public long Expired { get; set; }

    /// <summary>In no order that means anything.</summary>
    public IEnumerable<Item> All => _items.Values;

    public Item? Find(ReadOnlySpan<char> fullKey) => _byText.TryGetValue(fullKey, out var item) ? item : null;

    /// <summary>Adds an item whose key is not there yet.</summary>
    /// <param name="leaving">Told of every item that has to leave for it.</param>
    public void Add(Item item, Action<Item> leaving)
    {
        if (_items.Count >= _maxItems || _text + item.TextLength > MaxText)
        {
            MakeRoom(leaving);
        }

        _items.Add(item.FullKey, item);
        _text += item.TextLength;
    }

    /// <summary>Buries an item of this table, or with null digs it up.</summary>
    /// <param name="leaving">Told of every item that has to leave for the words.</param>
    public void Bury(Item item, Removal? removal, Action<Item> leaving)
    {
        _text -= item.TextLength;
        item.Removal = removal;
        _text += item.TextLength;
        while (_text > MaxText && _items.Count > 1)
        {
            MakeRoom(leaving, item);
        }
    }

    /// <summary>Gives back the room that growth left over.</summary>
    public void Trim() => _items.TrimExcess();

    /// <summary>Takes an item out that is there. Nobody is told.</summary>
    public void Remove(Item item)
    {
        _items.Remove(item.FullKey);
        _text -= item.TextLength;
    }

    /// <summary>A sixty-fourth leaves at once, so that a flood of novelty sorts the table seldom.</summary>
    /// <param name="stays">Null: none has to.</param>
    private void MakeRoom(Action<Item> leaving, Item? stays = null)
    {
        var leave = _items.Values
            .Where(item => !item.IsDecided && item != stays)
            .OrderBy(item => item.State)
            .ThenBy(item => item.LastSeen)
            .ThenBy(item => item.FullKey, StringComparer.Ordinal)
            .Take(Math.Max(1, _items.Count / 64))
            .ToList();

        // Only what people decided is left: the oldest of it gives way rather than the scope's bound.
        if (leave.Count == 0)
        {
            leave.Add(_items.Values.Where(item => item != stays).OrderBy(item => item.LastSeen).ThenBy(item => item.FullKey, StringComparer.Ordinal).First());
        }

        foreach (var item in leave)
        {
            Remove(item);
            Evicted++;
            leaving(item);
        }
    }
}
