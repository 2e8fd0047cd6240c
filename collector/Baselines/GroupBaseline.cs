namespace Runtime.Collector.Baselines;

/// <summary>Counters and state of one kind group of a scope.</summary>
internal sealed class GroupBaseline(KindGroup group)
{
    private const int WeekOfUnits = 7 * BaselineOptions.UnitsPerDay;

    /// <summary>Units with something new, oldest first; at most the last 168 units.</summary>
    private readonly SortedSet<int> _noveltyUnits = [];

    public KindGroup Group { get; } = group;
    public BaselineState State { get; private set; }
    public Coverage Coverage { get; private set; } = new();
    public IncidenceAxis Units { get; } = new();
    public IncidenceAxis Starts { get; } = new();
    public IncidenceAxis Days { get; } = new();
    public long Items { get; private set; }

    /// <summary>Before the first item: the unit before the scope's first.</summary>
    public int LastNewUnit { get; private set; } = -1;

    /// <summary>An item that came new in <paramref name="unit"/>.</summary>
    public void NoteNew(int unit)
    {
        Items++;
        LastNewUnit = Math.Max(LastNewUnit, unit);
        NoteNovelty(unit);
    }

    /// <summary>
    /// A unit with something new. What may never be learnt (a session, say) is such a novelty too: it could alert, so the threshold follows it; it
    /// does not disturb the quiet that a lock waits for.
    /// </summary>
    public void NoteNovelty(int unit)
    {
        if (Coverage.IsCovered(unit))
        {
            _noveltyUnits.Add(unit);
        }
    }

    /// <param name="unit">The first or the last of <paramref name="sight"/>.</param>
    /// <remarks>
    /// What an instance does while it starts recurs with starts and not with hours: counted by the hour it would stay "seen in one unit only" for
    /// ever, and whatever never restarts could never lock. What was once seen by the hour counts at starts too: else a start that crosses the end
    /// of an hour would leave it such a singleton, however many starts show it later.
    /// </remarks>
    public void Touch(Item item, int unit, in Sight sight)
    {
        if ((sight.IsSteady(unit) || (!sight.IsState && item.Units.Count > 0)) && Coverage.IsCovered(unit))
        {
            Units.Add(ref item.Units, unit);
            Days.Add(ref item.Days, unit / BaselineOptions.UnitsPerDay);
        }

        if (sight.Instance is { } ordinal)
        {
            Starts.Add(ref item.Starts, ordinal);
        }
    }

    public void Forget(Item item)
    {
        Items--;
        Units.Forget(item.Units);
        Starts.Forget(item.Starts);
        Days.Forget(item.Days);
    }

    /// <summary>A restored item, with the units it brings.</summary>
    public void Count(Item item)
    {
        Items++;
        Units.Count(item.Units);
        Starts.Count(item.Starts);
        Days.Count(item.Days);
    }

    /// <summary>Takes the sightings of units back: they count for nothing. One walk over the items, however many units.</summary>
    /// <remarks>An item with three units may have had a fourth that was not kept: it then counts one too few, which delays the lock.</remarks>
    public void Uncover(IEnumerable<int> units, IEnumerable<Item> items)
    {
        var uncovered = units.Where(Coverage.Uncover).ToHashSet();
        if (uncovered.Count == 0)
        {
            return;
        }

        _noveltyUnits.ExceptWith(uncovered);
        foreach (var item in items)
        {
            if (item.Group == Group)
            {
                Units.Remove(ref item.Units, uncovered);
            }
        }
    }

    public void MoveTo(int unit)
    {
        Coverage.MoveTo(unit);
        while (_noveltyUnits.Count > 0 && _noveltyUnits.Min <= unit - WeekOfUnits)
        {
            _noveltyUnits.Remove(_noveltyUnits.Min);
        }
    }

    public void Evaluate(long? starts, bool isJob, BaselineOptions options) => State = LockRule.Next(State, Facts(starts, isJob), options);

    public LockFacts Facts(long? starts, bool isJob)
    {
        var units = Coverage.Units;
        return new LockFacts(
            units, starts, Estimators.PredictedNew(units, Units.Singletons, Units.Doubletons, BaselineOptions.UnitsPerDay), Coverage.Since(LastNewUnit), isJob);
    }

    public double Completeness => Estimators.Coverage(Coverage.Units, Units.Singletons, Units.Doubletons, Units.Pairs);

    /// <summary>Expected novelty incidents per day.</summary>
    /// <param name="instances">Container instances seen so far.</param>
    public double Lambda(long instances)
    {
        var units = Coverage.Units;
        var days = units / BaselineOptions.UnitsPerDay;
        var goodTuring = Estimators.LambdaGoodTuring(BaselineOptions.UnitsPerDay, units, Units.Owners);

        // An axis with fewer than three units of its own knows nothing that the finer one does not.
        if (days >= 3)
        {
            goodTuring = Math.Max(goodTuring, Estimators.LambdaGoodTuring(1, days, Days.Owners));
        }

        if (instances >= 3)
        {
            goodTuring = Math.Max(goodTuring, Estimators.LambdaGoodTuring(instances / Math.Max(1.0, days), instances, Starts.Owners));
        }

        var lately = (double)Math.Min(units, WeekOfUnits) / BaselineOptions.UnitsPerDay;
        return Estimators.Lambda(units, goodTuring, Estimators.LambdaObserved(_noveltyUnits.Count, lately));
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write((byte)State);
        writer.Write(LastNewUnit);
        Coverage.Write(writer);
        writer.Write(_noveltyUnits.Count);
        foreach (var unit in _noveltyUnits)
        {
            writer.Write(unit);
        }
    }

    /// <exception cref="FormatException">No such state, or more units than are ever kept.</exception>
    public void Read(BinaryReader reader)
    {
        State = (BaselineState)reader.ReadByte();
        if (!Enum.IsDefined(State))
        {
            throw new FormatException($"state {(int)State} of group {Group} is none of a baseline's");
        }

        LastNewUnit = reader.ReadInt32();
        Coverage = Coverage.Read(reader);
        var count = reader.ReadInt32();
        if (count is < 0 or > WeekOfUnits + 1)
        {
            throw new FormatException($"{count} units with novelty in group {Group}; at most {WeekOfUnits + 1} are kept");
        }

        for (var i = 0; i < count; i++)
        {
            _noveltyUnits.Add(reader.ReadInt32());
        }
    }
}
