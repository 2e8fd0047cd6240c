namespace Runtime.Collector.Baselines;

/// <summary>The graveyard as it is saved: a section of its own behind the state, absent while nothing was removed.</summary>
internal static class RemovalWriter
{
    public const string Section = "removals";
    public const byte Version = 1;

    public static bool HasAny(ItemTable items) => items.All.Any(item => item.Removal is not null);

    public static void Write(BinaryWriter writer, ItemTable items)
    {
        var removed = items.All.Where(item => item.Removal is not null).OrderBy(item => item.FullKey, StringComparer.Ordinal).ToList();
        writer.Write(removed.Count);
        foreach (var item in removed)
        {
            writer.Write(item.FullKey);
            writer.Write(item.Removal!.By);
            writer.Write(item.Removal.At);
            writer.Write(item.Removal.Reason);
        }
    }

    /// <summary>After the items themselves.</summary>
    /// <exception cref="FormatException">Of an item that the state does not have.</exception>
    public static void Read(BinaryReader reader, Baseline baseline)
    {
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var key = reader.ReadString();
            var removal = new Removal(reader.ReadString(), reader.ReadInt64(), reader.ReadString());
            var item = baseline.Items.Find(key) ?? throw new FormatException($"an item was removed that is not there: {key}");
            baseline.Items.Bury(item, removal, leaving => baseline.Group(leaving.Group).Forget(leaving));
        }
    }
}
