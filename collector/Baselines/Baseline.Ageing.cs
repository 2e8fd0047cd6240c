namespace Runtime.Collector.Baselines;

/// <summary>What was not done for long is the deployment's no more.</summary>
internal sealed partial class Baseline
{
    public const string AgeingSection = "ageing";
    public const byte AgeingVersion = 1;
    private const int DaysKept = 90;
    private const int PeriodsKept = 4;

    public bool HasAged => Items.Expired > 0 || Items.All.Any(item => item.Gaps.HasAny);

    /// <summary>
    /// Takes out what was not seen for 90 covered days, or for four of its own periods when those are longer. Once a day, by the log's time.
    /// </summary>
    /// <param name="unit">The one that begins.</param>
    private void Age(int unit)
    {
        if (unit < DaysKept * BaselineOptions.UnitsPerDay)
        {
            return;
        }

        foreach (var item in Items.All.Where(item => IsStale(item, unit)).ToList())
        {
            Leave(item);
            Items.Remove(item);
            Items.Expired++;
        }
    }

    /// <summary>
    /// What people decided stays, and what belongs to an alert waits for them. What an image declares recurs with starts and not with time: it stays, and
    /// whatever else a start might show has its chance at one first.
    /// </summary>
    private bool IsStale(Item item, int unit)
    {
        var seen = UnitOf(item.LastSeen);
        return unit - seen >= DaysKept * BaselineOptions.UnitsPerDay
            && !item.IsDecided && !item.Tainted && item.Units.Count > 0
            && Group(item.Group).Coverage.Since(seen) >= Math.Max(DaysKept, PeriodsKept * item.Gaps.Period) * BaselineOptions.UnitsPerDay
            && (scope.IsHost || Replicas.LastStart > item.LastSeen);
    }

    /// <summary>Absent in a state while nothing left and nothing paused for long.</summary>
    public void WriteAgeing(BinaryWriter writer)
    {
        writer.Write(Items.Expired);
        var paused = Items.All.Where(item => item.Gaps.HasAny).OrderBy(item => item.FullKey, StringComparer.Ordinal).ToList();
        writer.Write(paused.Count);
        foreach (var item in paused)
        {
            writer.Write(item.FullKey);
            item.Gaps.Write(writer);
        }
    }

    /// <summary>After the items themselves.</summary>
    /// <exception cref="FormatException">Of an item that the state does not have.</exception>
    public void ReadAgeing(BinaryReader reader)
    {
        Items.Expired = reader.ReadInt64();
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            var key = reader.ReadString();
            var item = Items.Find(key) ?? throw new FormatException($"the pauses of an item that is not there: {key}");
            item.Gaps = LongGaps.Read(reader);
        }
    }
}
