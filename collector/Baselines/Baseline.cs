using System.Globalization;
using Runtime.Collector.Generalisation;
using Runtime.Collector.Inventory;

namespace Runtime.Collector.Baselines;

/// <summary>What a scope has learnt: items, counters and states. Pure: time comes in with every call. Not thread-safe.</summary>
internal sealed partial class Baseline(Scope scope, BaselineOptions options)
{
    private readonly GroupBaseline[] _groups =
        [new(KindGroup.Process), new(KindGroup.File), new(KindGroup.Egress), new(KindGroup.Listen)];

    private readonly Budget _budget = options.BudgetOf(scope);
    private long _unitTicks = options.Unit.Ticks;

    public ItemTable Items { get; private set; } = new(options.MaxItems);
    public ReplicaTable Replicas { get; private set; } = new();
    public ImageFiles Files { get; set; } = new();

    /// <summary>UTC ticks of the agents' clocks; 0 before the first observation.</summary>
    public long FirstSeen { get; private set; }
    public long LastSeen { get; private set; }

    public GroupBaseline Group(KindGroup group) => _groups[(int)group];

    /// <summary>Number of a time's unit, counted from the scope's first; earlier ones count as the first.</summary>
    public int UnitOf(long ticks) => FirstSeen == 0 ? 0 : (int)Math.Clamp(ticks / _unitTicks - FirstSeen / _unitTicks, 0, int.MaxValue);

    public void See(long first, long last)
    {
        if (FirstSeen == 0)
        {
            FirstSeen = first;
        }

        LastSeen = Math.Max(LastSeen, last);
        MoveTo(last);
        Generalise(last);
    }

    /// <summary>Closes the units that ended before; states follow.</summary>
    public void MoveTo(long ticks)
    {
        var unit = UnitOf(ticks);
        if (FirstSeen == 0 || unit <= _groups[0].Coverage.Current)
        {
            return;
        }

        foreach (var group in _groups)
        {
            group.MoveTo(unit);
            group.Evaluate(Starts, IsJob, options);
        }

        Replicas.MoveTo(unit, options);
    }

    /// <summary>Sightings in the units of a loss count for nothing, nor do those units.</summary>
    /// <param name="kind">"process", "privilege", "managed", "file", "network"; anything else means all of them.</param>
    public void Uncover(string kind, long first, long last)
    {
        // A loss that claims to span years is cut to what is kept of uncovered units.
        var to = UnitOf(last);
        var from = Math.Max(UnitOf(first), to - 1023);
        var units = Enumerable.Range(from, to - from + 1).ToHashSet();
        foreach (var group in _groups)
        {
            if (IsHit(group.Group, kind))
            {
                group.Uncover(units, Items.All);
            }
        }

        if (IsHit(KindGroup.File, kind))
        {
            Templates.Uncover(units);
        }
    }

    /// <summary>Container starts for the lock rule; null for the host, which has none.</summary>
    public long? Starts => scope.IsHost ? null : Replicas.StartsWatched;

    private bool IsJob => scope.OwnerKind is Owners.JobKind or Owners.CronJobKind;

    public double Lambda(KindGroup group) => Group(group).Lambda(Replicas.Instances);

    public BaselineState StateFor(KindGroup group, ImageVersion? image)
    {
        var state = Group(group).State;
        return image is { OnProbation: true } && state is not (BaselineState.Learning or BaselineState.Unstable) ? BaselineState.Reopened : state;
    }

    public double Threshold(KindGroup group, BaselineState state) => Bar(group, state).ThresholdAt(_budget.FalseAlertsPerDay);

    public Bar Bar(KindGroup group, BaselineState state) => new(Lambda(group), LockRule.Floor(state));

    public Item Add(ItemKind kind, string fullKey, ItemState state, long first, int unit)
    {
        var item = new Item(kind, fullKey) { State = state, FirstSeen = first, LastSeen = first };
        Items.Add(item, Evict);
        Group(item.Group).NoteNew(unit);
        return item;
    }

    /// <summary>An item that a person put there.</summary>
    public void Approve(ItemKind kind, string fullKey, string who, long now)
    {
        var item = Items.Find(fullKey);
        if (item is null)
        {
            item = new Item(kind, fullKey) { FirstSeen = now, LastSeen = now };
            Items.Add(item, Evict);
            Group(item.Group).Count(item);
        }

        Items.Bury(item, null, leaving => Group(leaving.Group).Forget(leaving));
        item.State = ItemState.Approved;
        item.Tainted = false;
        item.ApprovedBy = who.Length <= 256 ? who : who[..256];
        item.ApprovedAt = now;
    }

    /// <summary>As <see cref="Approve"/>; by its key alone, without the edge that a deviation would bring along.</summary>
    public BaselineItemView ApproveItem(ItemKind kind, string key, string who, long now)
    {
        Approve(kind, (char)kind + key, who, now);
        return ViewOf(Items.Find((char)kind + key)!);
    }

    /// <summary>
    /// What only these containers showed, and nobody before <paramref name="since"/>, waits for its quorum again: whoever broke into them may have
    /// taught it first.
    /// </summary>
    /// <param name="since">UTC ticks.</param>
    public void Doubt(IReadOnlyList<string> containers, long since)
    {
        foreach (var ordinal in containers.Select(Replicas.FindReplica).OfType<Replica>().Select(replica => replica.Ordinal).ToList())
        {
            foreach (var item in Items.All)
            {
                if (item.State == ItemState.Learned && item.FirstSeen >= since && item.Starts.Count == 1 && item.Starts.Owner == ordinal)
                {
                    item.State = ItemState.Pending;
                }
            }
        }
    }

    /// <summary>A person takes an item out. Its counters stay: they tell what was seen, not what is allowed.</summary>
    /// <returns>Null when there is none, or it was removed already.</returns>
    public BaselineItemView? Remove(ItemKind kind, string key, string who, string reason, long now)
    {
        if (Items.Find((char)kind + key) is not { Removal: null } item)
        {
            return null;
        }

        item.State = ItemState.Pending;
        item.ApprovedBy = "";
        item.ApprovedAt = 0;
        Items.Bury(item, Removal.Of(who, now, reason), leaving => Group(leaving.Group).Forget(leaving));
        return ViewOf(item);
    }

    public void Touch(Item item, in Sight sight)
    {
        item.Gaps.Note((sight.First - item.LastSeen) / options.Day.Ticks);
        item.FirstSeen = Math.Min(item.FirstSeen, sight.First);
        item.LastSeen = Math.Max(item.LastSeen, sight.Last);
        item.Count += sight.Count;
        var day = sight.LastUnit / BaselineOptions.UnitsPerDay;
        if (day != item.LastDay && item.DayCount < byte.MaxValue)
        {
            item.DayCount++;
        }

        item.LastDay = day;

        // A report of repeats tells that the item occurred at its beginning and at its end, and nothing of the units between.
        var group = Group(item.Group);
        group.Touch(item, sight.FirstUnit, sight);
        if (sight.LastUnit != sight.FirstUnit)
        {
            group.Touch(item, sight.LastUnit, sight);
        }
    }

    /// <summary>
    /// Whether a pending item was seen by enough witnesses to be what the deployment does: half of the replicas (2 to 3), or with one replica
    /// two starts or three units over at least six. Two units must have passed: what spreads at once is no habit.
    /// </summary>
    public bool HasQuorum(Item item, long now)
    {
        if (item.Tainted || item.Removal is not null || now - item.FirstSeen < 2 * _unitTicks)
        {
            return false;
        }

        var replicas = Replicas.Live(now - options.Day.Ticks);
        return replicas >= 2
            ? item.Starts.Count >= Math.Clamp((replicas + 1) / 2, 2, 3)
            : item.Starts.Count >= 2 || (item.Units.Count >= 3 && item.LastSeen - item.FirstSeen >= 6 * _unitTicks);
    }

    public BaselineView View(long now)
    {
        var groups = _groups.Select(group => ViewOf(group)).ToList();
        var items = Items.All.OrderBy(item => item.FullKey, StringComparer.Ordinal).Select(ViewOf).ToList();
        var images = Replicas.Images.Select(image => image.Name.Length == 0 ? image.Digest : image.Name + "@" + image.Digest).ToList();
        return new BaselineView(scope.Id, Time(FirstSeen), Time(LastSeen), Replicas.Live(now - options.Day.Ticks), images, groups, items)
        {
            Budget = _budget,
            Versions = [.. Replicas.Images.Select(image => ViewOf(image, now - options.Day.Ticks))],
        };
    }

    private ImageVersionView ViewOf(ImageVersion image, long since)
    {
        var replicas = Replicas.All.Where(replica => replica.Digest == image.Digest).ToList();
        return new(
            image.Name, image.Digest, replicas.Count > 0 ? Time(replicas.Min(replica => replica.FirstSeen)) : null, replicas.Count > 0 ? Time(replicas.Max(replica => replica.LastSeen)) : null,
            replicas.Count(replica => !replica.Ended && replica.LastSeen >= since), image.Starts, image.OnProbation);
    }

    /// <summary>Covered time of a group, for people: "61 h", "9 days", "30 s".</summary>
    public string SpanSeen(KindGroup group)
    {
        var span = new TimeSpan(Group(group).Coverage.Units * _unitTicks);
        return span.TotalDays >= 4 ? Text($"{span.TotalDays:0} days")
            : span.TotalHours >= 1 ? Text($"{span.TotalHours:0} h")
            : span.TotalMinutes >= 2 ? Text($"{span.TotalMinutes:0} min")
            : Text($"{span.TotalSeconds:0} s");
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(_unitTicks);
        writer.Write(FirstSeen);
        writer.Write(LastSeen);
        Replicas.Write(writer);
        foreach (var group in _groups)
        {
            group.Write(writer);
        }

        ItemWriter.Write(writer, Items);
    }

    /// <exception cref="FormatException">Damaged, or written with another unit.</exception>
    public static Baseline Read(BinaryReader reader, Scope scope, BaselineOptions options)
    {
        var baseline = new Baseline(scope, options);
        var unit = reader.ReadInt64();
        if (unit != options.Unit.Ticks)
        {
            throw new FormatException(
                $"the baseline of {scope.Id} was learnt in units of {TimeSpan.FromTicks(unit)}; {BaselineOptions.Section}__Unit is {options.Unit}");
        }

        baseline._unitTicks = unit;
        baseline.FirstSeen = reader.ReadInt64();
        baseline.LastSeen = reader.ReadInt64();
        baseline.Replicas = ReplicaTable.Read(reader);
        foreach (var group in baseline._groups)
        {
            group.Read(reader);
        }

        foreach (var item in ItemWriter.Read(reader, baseline.Items))
        {
            baseline.Items.Add(item, baseline.Evict);
            baseline.Group(item.Group).Count(item);
        }

        return baseline;
    }

    private BaselineItemView ViewOf(Item item)
    {
        var template = Templates.Find(item.FullKey);
        return new BaselineItemView(
            Item.Name(item.Kind), item.Key.ToString(), Time(item.FirstSeen), Time(item.LastSeen), item.Count,
            item.Units.Count, item.Starts.Count, item.DayCount,
            item switch { { Removal: not null } => "removed", { State: ItemState.Approved } => "approved", { State: ItemState.Learned } => "learned", _ => "pending" },
            item.ApprovedBy, item.ApprovedAt == 0 ? null : Time(item.ApprovedAt))
        {
            Names = template?.Names ?? 0,
            Examples = template is null ? [] : ExamplesOf(template),
            RemovedBy = item.Removal?.By ?? "",
            RemovedAt = item.Removal is { } removal ? Time(removal.At) : null,
            RemovedReason = item.Removal?.Reason ?? "",
        };
    }

    private BaselineGroupView ViewOf(GroupBaseline group)
    {
        var facts = group.Facts(Starts, IsJob);
        var state = group.State is not (BaselineState.Learning or BaselineState.Unstable) && Replicas.Images.Any(image => image.OnProbation)
            ? BaselineState.Reopened
            : group.State;
        return new BaselineGroupView(
            group.Group, state, facts.Units, Replicas.StartsWatched, group.Items, group.Units.Singletons, group.Units.Doubletons,
            facts.PredictedNew, Lambda(group.Group), group.Completeness, Threshold(group.Group, state), facts.QuietUnits, WaitsFor(group, state, facts))
        {
            Churning = state == BaselineState.Unstable ? [.. ChurningPrefixes(group.Group)] : [],
        };
    }

    private string WaitsFor(GroupBaseline group, BaselineState state, in LockFacts facts)
    {
        var parts = new List<string>();
        if (state == BaselineState.Reopened)
        {
            parts.Add("a new image is on probation: needs one day and its starts");
        }

        if (state is BaselineState.Learning or BaselineState.Provisional or BaselineState.Unstable)
        {
            parts.Add(LockRule.WaitsFor(facts, options));
        }

        if (state == BaselineState.Unstable)
        {
            parts.Add("did not settle in 7 days");
        }

        if (group.Coverage.Uncovered > 0 && parts.Count > 0)
        {
            parts.Add(Text($"{group.Coverage.Uncovered} {LockRule.UnitWord(options.Unit)} had lost events and count for nothing"));
        }

        if (Items.Evicted > 0)
        {
            parts.Add(Text($"the bound of {options.MaxItems} items was reached: {Items.Evicted} left"));
        }

        return string.Join("; ", parts.Where(part => part.Length > 0));
    }

    /// <summary>The five prefixes with the most items of one unit only.</summary>
    private IEnumerable<ChurningPrefix> ChurningPrefixes(KindGroup group) => Items.All
        .Where(item => item.Group == group && CollapseRule.IsSingleton(item))
        .GroupBy(item => Prefix(item.FullKey), StringComparer.Ordinal)
        .OrderByDescending(prefix => prefix.Count())
        .ThenBy(prefix => prefix.Key, StringComparer.Ordinal)
        .Take(5)
        .Select(prefix => new ChurningPrefix(prefix.Key, prefix.Count()));

    /// <summary>Up to the folder of what was touched; for an edge up to the arrow.</summary>
    private static string Prefix(string fullKey)
    {
        var end = fullKey.AsSpan(1).LastIndexOfAny('/', '>');
        return end <= 0 ? fullKey[1..] : fullKey.Substring(1, end + 1);
    }

    private static bool IsHit(KindGroup group, string kind) => kind switch
    {
        "process" or "privilege" or "managed" => group == KindGroup.Process,
        "file" => group == KindGroup.File,
        "network" => group is KindGroup.Egress or KindGroup.Listen,
        // A behaviour is not seen by what it costs.
        "resource" => false,
        _ => true,
    };

    private static DateTimeOffset Time(long ticks) => new(ticks, TimeSpan.Zero);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
