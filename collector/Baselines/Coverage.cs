namespace Runtime.Collector.Baselines;

/// <summary>Which units since a scope's first sight were watched without a loss. Units are numbered from 0, the scope's first.</summary>
internal sealed class Coverage
{
    /// <summary>The newest units that had a loss, at most <see cref="Kept"/>; older ones are only counted in <see cref="_older"/>.</summary>
    private readonly SortedSet<int> _uncovered = [];
    private const int Kept = 1024;
    private long _older;

    /// <summary>Everything below counts as counted: <see cref="_older"/> speaks for it.</summary>
    private int _floor;

    /// <summary>The unit that is open; those below are closed.</summary>
    public int Current { get; private set; }

    /// <summary>Closed and covered units: T.</summary>
    public long Units => Current - _older - CountBelow(Current);

    /// <summary>Closed units with a loss.</summary>
    public long Uncovered => Current - Units;

    public bool IsCovered(int unit) => !_uncovered.Contains(unit);

    public void MoveTo(int unit) => Current = Math.Max(Current, unit);

    /// <returns>False when it was known.</returns>
    public bool Uncover(int unit)
    {
        if (unit < _floor || !_uncovered.Add(unit))
        {
            return false;
        }

        if (_uncovered.Count > Kept)
        {
            _floor = _uncovered.Min + 1;
            _uncovered.Remove(_uncovered.Min);
            _older++;
        }

        return true;
    }

    /// <summary>Closed and covered units after <paramref name="unit"/>.</summary>
    public long Since(int unit) => unit + 1 >= Current ? 0 : Current - unit - 1 - CountBetween(unit + 1, Current - 1);

    private long CountBelow(int unit) => CountBetween(0, unit - 1);

    private long CountBetween(int from, int to) => _uncovered.Count == 0 || to < from ? 0 : _uncovered.GetViewBetween(from, to).Count;

    public void Write(BinaryWriter writer)
    {
        writer.Write(Current);
        writer.Write(_floor);
        writer.Write(_older);
        writer.Write(_uncovered.Count);
        foreach (var unit in _uncovered)
        {
            writer.Write(unit);
        }
    }

    /// <exception cref="FormatException">More units than are ever kept.</exception>
    public static Coverage Read(BinaryReader reader)
    {
        var coverage = new Coverage { Current = reader.ReadInt32(), _floor = reader.ReadInt32(), _older = reader.ReadInt64() };
        var count = reader.ReadInt32();
        if (count is < 0 or > Kept)
        {
            throw new FormatException($"{count} uncovered units; at most {Kept} are kept");
        }

        for (var i = 0; i < count; i++)
        {
            coverage._uncovered.Add(reader.ReadInt32());
        }

        return coverage;
    }
}
