using Runtime.Collector.Baselines;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Scopes;

namespace Runtime.Evaluation.Ablations;

/// <summary>One deployment before the collector's engine: what people are told of, and when it locks.</summary>
internal sealed class WatchedDeployment(Scope scope, ScopeEngine engine, TimeSpan unit, DateTimeOffset begun)
{
    /// <summary>Predictions are compared from the third day on: before, there is too little to predict from.</summary>
    private const int FirstPrediction = 3;

    private static readonly string s_image = Item.Name(ItemKind.Image);

    private readonly Pages _pages = new();

    // Changed since the last digest; bounded by the day's incidents.
    private readonly Dictionary<string, Incident> _changed = new(StringComparer.Ordinal);

    // Bounded by the recording's rollouts.
    private readonly HashSet<string> _reviews = new(StringComparer.Ordinal);
    private readonly HashSet<string> _digests = new(StringComparer.Ordinal);
    private readonly List<DateTimeOffset> _rollouts = [];

    private DateTimeOffset? _locked;
    private DateTimeOffset _last;
    private int _day;
    private int _digestLines;
    private double _predictedTomorrow;
    private (double Predicted, int Actual) _usual;
    private (double Predicted, int Actual) _atRollouts;

    // Bounded by the engine's items.
    private readonly List<string> _newItems = [];

    public Scope Scope => scope;

    public void Take(Observation observation)
    {
        _last = observation.Last > _last ? observation.Last : _last;
        if (observation.Container is { ImageDigest.Length: > 0 } container && _digests.Add(container.ImageDigest) && _digests.Count > 1)
        {
            _rollouts.Add(observation.First);
        }

        Take(engine.Apply(observation), observation.Last);
    }

    /// <summary>The clock. Whole days are closed; the lock is looked for.</summary>
    public void Advance(DateTimeOffset now)
    {
        Take(engine.Advance(now), now);
        if (_locked is null && engine.View(now).Groups is var groups && groups.Any(group => group.Items > 0)
            && groups.All(group => group.Items == 0 || group.State is BaselineState.Locked or BaselineState.LockedWeek))
        {
            _locked = now;
            _changed.Clear();
        }

        if ((now - begun) / (unit * BaselineOptions.UnitsPerDay) >= _day + 1)
        {
            _day++;
            EndDay(now);
        }
    }

    public Trial End() => new(scope.OwnerName)
    {
        UnitsToLock = (_locked - begun) / unit,
        UnitsAfter = _locked is { } locked ? Math.Max(0, (_last - locked) / unit) : 0,
        PagesBefore = _pages.Before,
        Pages = _pages.After,
        UnitsWithPages = _pages.Units,
        Titles = _pages.Titles,
        DigestLines = _digestLines,
        PredictedNew = _usual.Predicted,
        ActualNew = _usual.Actual,
        PredictedNewAtRollouts = _atRollouts.Predicted,
        ActualNewAtRollouts = _atRollouts.Actual,
        NewItems = _newItems,
        WaitsFor = _locked is null ? string.Join("; ", engine.View(_last).Groups.Where(group => group.WaitsFor.Length > 0).Select(WaitsFor)) : "",
        Rollouts = _rollouts.Count,
        Reviews = _reviews.Count,
        RolloutPages = _rollouts.Sum(rollout => _pages.Times.Count(time => time >= rollout && time < rollout + unit * BaselineOptions.UnitsPerDay)),
        Paged = _pages.Incidents,
    };

    private void Take(ScopeOutcome outcome, DateTimeOffset now)
    {
        foreach (var alert in outcome.Alerts)
        {
            _pages.Add(now, (int)((now - begun) / unit), _locked is not null, alert.Title, alert.Id);
        }

        foreach (var incident in outcome.Incidents)
        {
            _changed[incident.Id] = incident;
        }

        _reviews.UnionWith(outcome.Deviations.Where(deviation => deviation.Kind == s_image).Select(deviation => deviation.IncidentId));
    }

    private void EndDay(DateTimeOffset now)
    {
        if (_locked is not null)
        {
            _digestLines += _changed.Values.Count(incident => incident.IsForDigest);
            _changed.Clear();
        }

        if (_day < FirstPrediction)
        {
            return;
        }

        var view = engine.View(now);
        if (_day > FirstPrediction)
        {
            var day = now - unit * BaselineOptions.UnitsPerDay;
            var came = view.Items.Where(item => item.FirstSeen >= day).ToList();
            ref var sum = ref (_rollouts.Exists(rollout => rollout >= day) ? ref _atRollouts : ref _usual);
            sum = (sum.Predicted + _predictedTomorrow, sum.Actual + came.Count);
            _newItems.AddRange(came.Select(item => $"{_day} {item.Kind} {item.Key}"));
        }

        _predictedTomorrow = view.Groups.Sum(group => group.PredictedNew);
    }

    private static string WaitsFor(BaselineGroupView group) =>
        $"{group.Group.ToString().ToLowerInvariant()} is {group.State.ToString().ToLowerInvariant()}: {group.WaitsFor}{string.Concat(group.Churning.Take(3).Select(prefix => $", {prefix.Items} below {prefix.Prefix}"))}";
}
