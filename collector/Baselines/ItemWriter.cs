namespace Runtime.Collector.Baselines;

/// <summary>Items as they are saved: in the order of their keys, so that equal baselines give equal bytes.</summary>
internal static class ItemWriter
{
    public static void Write(BinaryWriter writer, ItemTable items)
    {
        writer.Write(items.Evicted);
        writer.Write(items.Count);
        foreach (var item in items.All.OrderBy(item => item.FullKey, StringComparer.Ordinal))
        {
            Write(writer, item);
        }
    }

    public static void Write(BinaryWriter writer, Item item)
    {
        writer.Write(item.FullKey);
        writer.Write((byte)item.State);
        writer.Write((byte)((item.Tainted ? Marks.Tainted : 0) | (item.IsRemarkable ? Marks.Remarkable : 0)));
        writer.Write(item.FirstSeen);
        writer.Write(item.LastSeen);
        writer.Write(item.Count);
        item.Units.Write(writer);
        item.Starts.Write(writer);
        item.Days.Write(writer);
        writer.Write(item.DayCount);
        writer.Write(item.LastDay);
        writer.Write(item.ApprovedAt);
        if (item.ApprovedAt != 0)
        {
            writer.Write(item.ApprovedBy);
        }
    }

    /// <exception cref="FormatException">A key without a kind, or a state that is none.</exception>
    public static IEnumerable<Item> Read(BinaryReader reader, ItemTable into)
    {
        into.Evicted = reader.ReadInt64();
        var count = reader.ReadInt32();
        for (var i = 0; i < count; i++)
        {
            yield return Read(reader, i, count);
        }
    }

    /// <param name="at">Which of the <paramref name="count"/> it is, for the message.</param>
    /// <exception cref="FormatException">A key without a kind, or a state that is none.</exception>
    public static Item Read(BinaryReader reader, int at, int count)
    {
        var key = reader.ReadString();
        if (key.Length == 0 || !Enum.IsDefined((ItemKind)key[0]))
        {
            throw new FormatException($"item {at} of {count} has no kind");
        }

        var item = new Item((ItemKind)key[0], key) { State = (ItemState)reader.ReadByte() };
        if (!Enum.IsDefined(item.State))
        {
            throw new FormatException($"item {at} of {count} is in state {(int)item.State}, which is none");
        }

        var marks = (Marks)reader.ReadByte();
        item.Tainted = marks.HasFlag(Marks.Tainted);
        item.IsRemarkable = marks.HasFlag(Marks.Remarkable);
        item.FirstSeen = reader.ReadInt64();
        item.LastSeen = reader.ReadInt64();
        item.Count = reader.ReadUInt64();
        item.Units = Incidence.Read(reader);
        item.Starts = Incidence.Read(reader);
        item.Days = Incidence.Read(reader);
        item.DayCount = reader.ReadByte();
        item.LastDay = reader.ReadInt32();
        item.ApprovedAt = reader.ReadInt64();
        item.ApprovedBy = item.ApprovedAt == 0 ? "" : reader.ReadString();
        return item;
    }

    [Flags]
    private enum Marks : byte
    {
        Tainted = 1,
        Remarkable = 2,
    }
}
