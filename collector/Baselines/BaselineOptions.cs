using Runtime.Collector.Inventory;

namespace Runtime.Collector.Baselines;

/// <summary>
/// How baselines count time and how quiet a deployment must be. Everything that the rules call an hour is one <see cref="Unit"/>, a day is
/// 24 units and a minute a sixtieth of one, so that a shorter unit runs the same algorithm in less time.
/// </summary>
internal sealed class BaselineOptions
{
    public const string Section = "Baselines";
    public const double LeastBudget = 0.0001;
    public const double MostBudget = 10;
    private const int MaxBudgets = 256;

    /// <summary>Length of one sampling unit. 100 ms to 1 day; default 1 h. Changing it starts every baseline anew.</summary>
    public TimeSpan Unit { get; set; } = TimeSpan.FromHours(1);

    /// <summary>False alerts allowed per deployment and day. 0.0001 to 10; default 0.01. Smaller is quieter and sees less.</summary>
    public double AlertBudget { get; set; } = 0.01;

    /// <summary>Deployments with another budget than <see cref="AlertBudget"/>, at most 256 rules. Of those that name a deployment the most specific counts.</summary>
    public IReadOnlyList<BudgetRule> Budgets { get; set; } = [];

    /// <summary>Covered units before a baseline leaves learning. 1 to 1000; default 6.</summary>
    public int LearningUnits { get; set; } = 6;

    /// <summary>Covered units before a baseline may lock. 2 to 10,000; default 26: one full day and its edges.</summary>
    public int LockUnits { get; set; } = 26;

    /// <summary>Covered units before a baseline counts as having seen a full week. At least <see cref="LockUnits"/>, at most 100,000; default 192.</summary>
    public int WeekUnits { get; set; } = 192;

    /// <summary>Container starts that must have been watched before a baseline may lock. 0 to 100; default 2.</summary>
    public int Starts { get; set; } = 2;

    /// <summary>Covered units that replace the starts for what never restarts. 1 to 100,000; default 72.</summary>
    public int UnitsInsteadOfStarts { get; set; } = 72;

    /// <summary>Items kept per scope. 100 to 20,000; default 20,000. The oldest pending ones leave first.</summary>
    public int MaxItems { get; set; } = 20_000;

    /// <summary>Open incidents kept per scope. 1 to 64; default 64.</summary>
    public int MaxOpenIncidents { get; set; } = 64;

    public TimeSpan Day => Unit * UnitsPerDay;

    /// <summary>Deviations of one cause within it add up to one weight of evidence. A sixth of a unit, but at least 30 s: an attack's pace does not shrink with the unit.</summary>
    public TimeSpan JoinWindow => Longer(Unit / 6, TimeSpan.FromSeconds(30));

    /// <summary>The longest that evidence may add up.</summary>
    public TimeSpan GrowthCap => JoinWindow * 6;

    /// <summary>A cause that comes back within it belongs to the incident that is open.</summary>
    public TimeSpan ReturnWindow => Longer(Day, GrowthCap);

    public const int UnitsPerDay = 24;

    /// <summary>
    /// The budget of one scope. A rule that says more of the deployment's name wins, then of the namespace's, then of the cluster's: a whole name says
    /// more than a pattern, a longer pattern more than a shorter one. Of two that say as much the first counts.
    /// </summary>
    public Budget BudgetOf(Scope scope)
    {
        var best = -1;
        for (var i = 0; i < Budgets.Count; i++)
        {
            if (Budgets[i].Names(scope) && (best < 0 || Budgets[i].Specificity.CompareTo(Budgets[best].Specificity) > 0))
            {
                best = i;
            }
        }

        return best < 0
            ? new Budget(AlertBudget, $"{Section}:{nameof(AlertBudget)}")
            : new Budget(Budgets[best].FalseAlertsPerDay!.Value, $"{Section}:{nameof(Budgets)}:{best} ({Budgets[best]})");
    }

    /// <summary>Every fault, each naming the key, the value and the rule; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        Check(Unit >= TimeSpan.FromMilliseconds(100) && Unit <= TimeSpan.FromDays(1), nameof(Unit), Unit, "must be from 00:00:00.100 to 1.00:00:00");
        Check(AlertBudget is >= LeastBudget and <= MostBudget, nameof(AlertBudget), AlertBudget, "must be from 0.0001 to 10 false alerts per deployment and day");
        Check(LearningUnits is >= 1 and <= 1000, nameof(LearningUnits), LearningUnits, "must be from 1 to 1000 units");
        Check(LockUnits is >= 2 and <= 10_000, nameof(LockUnits), LockUnits, "must be from 2 to 10000 units");
        Check(LockUnits >= LearningUnits, nameof(LockUnits), LockUnits, $"must not be below {Section}__{nameof(LearningUnits)} ({LearningUnits})");
        Check(WeekUnits <= 100_000, nameof(WeekUnits), WeekUnits, "must be at most 100000 units");
        Check(WeekUnits >= LockUnits, nameof(WeekUnits), WeekUnits, $"must not be below {Section}__{nameof(LockUnits)} ({LockUnits})");
        Check(Starts is >= 0 and <= 100, nameof(Starts), Starts, "must be from 0 to 100 starts");
        Check(UnitsInsteadOfStarts is >= 1 and <= 100_000, nameof(UnitsInsteadOfStarts), UnitsInsteadOfStarts, "must be from 1 to 100000 units");
        Check(MaxItems is >= 100 and <= 20_000, nameof(MaxItems), MaxItems, "must be from 100 to 20000 items");
        Check(MaxOpenIncidents is >= 1 and <= 64, nameof(MaxOpenIncidents), MaxOpenIncidents, "must be from 1 to 64 incidents");
        Check(Budgets.Count <= MaxBudgets, nameof(Budgets), $"a list of {Budgets.Count}", $"must have at most {MaxBudgets} rules");
        for (var i = 1; i < Budgets.Count; i++)
        {
            var first = Budgets.Take(i).ToList().FindIndex(Budgets[i].IsSameAs);
            Check(first < 0, $"{nameof(Budgets)}__{i}", $"for {Budgets[i]}", $"names what {Section}__{nameof(Budgets)}__{first} names; each rule needs its own");
        }

        return faults;

        void Check(bool holds, string key, object value, string rule)
        {
            if (!holds)
            {
                faults.Add($"{Section}__{key} is {value}; it {rule}");
            }
        }
    }

    private static TimeSpan Longer(TimeSpan left, TimeSpan right) => left > right ? left : right;
}
