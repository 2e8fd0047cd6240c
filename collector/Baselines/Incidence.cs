namespace Runtime.Collector.Baselines;

/// <summary>In which units an item occurred: the first three distinct ones that were told, in any order.</summary>
internal struct Incidence
{
    // A unit with its sign bit turned, so that nothing is 0: an item has three of these, and a scope thousands of items.
    private int _first;
    private int _second;
    private int _third;

    /// <summary>0 to 3; 3 means three or more.</summary>
    public readonly byte Count => (byte)(_third != 0 ? 3 : _second != 0 ? 2 : _first != 0 ? 1 : 0);

    /// <summary>The only unit of a singleton.</summary>
    public readonly int Owner => Kept(_first);

    public readonly bool Holds(int unit) => Kept(unit) is var kept && (_first == kept || _second == kept || _third == kept);

    /// <param name="unit">Above <see cref="int.MinValue"/>.</param>
    /// <returns>False when nothing changed.</returns>
    public bool Add(int unit)
    {
        if (_third != 0 || Holds(unit))
        {
            return false;
        }

        switch (Count)
        {
            case 0: _first = Kept(unit); break;
            case 1: _second = Kept(unit); break;
            default: _third = Kept(unit); break;
        }

        return true;
    }

    /// <summary>Every unit of another.</summary>
    public void Add(in Incidence other)
    {
        for (var i = 0; i < other.Count; i++)
        {
            Add(other.At(i));
        }
    }

    /// <returns>False when it was not held.</returns>
    public bool Remove(int unit)
    {
        if (!Holds(unit))
        {
            return false;
        }

        if (_first == Kept(unit))
        {
            (_first, _second) = (_second, _third);
        }
        else if (_second == Kept(unit))
        {
            _second = _third;
        }

        _third = 0;
        return true;
    }

    /// <returns>False when none of them was held.</returns>
    public bool Remove(IReadOnlySet<int> units)
    {
        var before = Count;
        for (var i = before - 1; i >= 0; i--)
        {
            if (units.Contains(At(i)))
            {
                Remove(At(i));
            }
        }

        return Count < before;
    }

    public readonly void Write(BinaryWriter writer)
    {
        writer.Write(Count);
        for (var i = 0; i < Count; i++)
        {
            writer.Write7BitEncodedInt(At(i));
        }
    }

    /// <exception cref="FormatException">The count is above 3.</exception>
    public static Incidence Read(BinaryReader reader)
    {
        var count = reader.ReadByte();
        if (count > 3)
        {
            throw new FormatException($"an item claims {count} units; at most 3 are kept");
        }

        var incidence = default(Incidence);
        for (var i = 0; i < count; i++)
        {
            incidence.Add(reader.Read7BitEncodedInt());
        }

        return incidence;
    }

    private readonly int At(int index) => Kept(index == 0 ? _first : index == 1 ? _second : _third);

    private static int Kept(int unit) => unit ^ int.MinValue;
}

/// <summary>Singletons, doubletons and their owners over one axis (units, starts or days), kept up to date item by item.</summary>
internal sealed class IncidenceAxis
{
    /// <summary>Unit → number of its singletons. Bounded by <see cref="Singletons"/>, so by the scope's items.</summary>
    private readonly Dictionary<int, int> _owners = [];

    /// <summary>Items seen in exactly one unit: Q1.</summary>
    public long Singletons { get; private set; }

    /// <summary>Items seen in exactly two units: Q2.</summary>
    public long Doubletons { get; private set; }

    /// <summary>Pairs of item and unit, each item's units counted up to three: errs low, so coverage errs low.</summary>
    public long Pairs { get; private set; }

    /// <summary>Units that hold at least one item seen in no other: U.</summary>
    public long Owners => _owners.Count;

    public void Add(ref Incidence incidence, int unit)
    {
        if (incidence.Holds(unit) || incidence.Count == 3)
        {
            return;
        }

        Forget(incidence);
        incidence.Add(unit);
        Count(incidence);
    }

    public void Remove(ref Incidence incidence, IReadOnlySet<int> units)
    {
        var left = incidence;
        if (left.Remove(units))
        {
            Forget(incidence);
            incidence = left;
            Count(incidence);
        }
    }

    /// <summary>An item that comes with its units: restored, or back from a copy.</summary>
    public void Count(in Incidence incidence)
    {
        Pairs += incidence.Count;
        if (incidence.Count == 1)
        {
            Singletons++;
            _owners[incidence.Owner] = _owners.GetValueOrDefault(incidence.Owner) + 1;
        }
        else if (incidence.Count == 2)
        {
            Doubletons++;
        }
    }

    /// <summary>An item that leaves.</summary>
    public void Forget(in Incidence incidence)
    {
        Pairs -= incidence.Count;
        if (incidence.Count == 1)
        {
            Singletons--;
            if (--_owners[incidence.Owner] == 0)
            {
                _owners.Remove(incidence.Owner);
            }
        }
        else if (incidence.Count == 2)
        {
            Doubletons--;
        }
    }
}
