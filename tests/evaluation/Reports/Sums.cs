using System.Globalization;
using System.Text.Json.Nodes;
using Runtime.Evaluation.Runs;

namespace Runtime.Evaluation.Reports;

/// <summary>What single outcomes add up to. What did not run counts nowhere but as not run.</summary>
internal sealed class Sums
{
    private readonly List<Result> _attacks;
    private readonly List<Result> _harmless;
    private readonly List<Result> _notRun;
    private readonly List<double> _times;
    private readonly double _days;
    private readonly int _falsePages;

    public Sums(IEnumerable<Result> results, IEnumerable<Learnt> learnt)
    {
        var all = results.ToList();
        _attacks = [.. all.Where(result => result.Outcome is Outcome.Reported or Outcome.Missed)];
        _harmless = [.. all.Where(result => result.Outcome is Outcome.Silent or Outcome.FalseAlarm)];
        _notRun = [.. all.Where(result => result.Outcome == Outcome.NotRun)];
        _times = [.. _attacks.Where(result => result.SecondsToAlert is not null).Select(result => result.SecondsToAlert!.Value).Order()];
        foreach (var one in learnt)
        {
            _days += one.UnitsAfterLock / 24;
            _falsePages += one.FalsePages.Count;
        }
    }

    /// <summary>Share of the attacks that were reported, of the right container; null when none ran.</summary>
    public double? DetectionRate => _attacks.Count == 0 ? null : (double)_attacks.Count(result => result.Outcome == Outcome.Reported && result.RightContainer) / _attacks.Count;

    /// <summary>Share of the attacks with all that their headers ask for.</summary>
    public double? RightRate => _attacks.Count == 0 ? null : (double)_attacks.Count(result => result.IsRight) / _attacks.Count;

    public int FalseAlarms => _harmless.Count(result => result.Outcome == Outcome.FalseAlarm);

    /// <summary>Mean over the attacks that were reported.</summary>
    public double? IncidentsPerAttack => _attacks.Where(result => result.Outcome == Outcome.Reported).Select(result => (double?)result.Incidents).Average();

    /// <summary>Nearest rank: the least time that so large a share of the alerts did not exceed; null without alerts.</summary>
    public double? TimeToAlert(double share) => _times.Count == 0 ? null : _times[Math.Clamp((int)Math.Ceiling(share * _times.Count) - 1, 0, _times.Count - 1)];

    public IEnumerable<string> Lines()
    {
        yield return Text($"{_attacks.Count} attacks: {Percent(DetectionRate)} reported, {Percent(RightRate)} with everything that was asked for; {IncidentsPerAttack ?? 0:0.00} incidents an attack");
        yield return Text($"{_harmless.Count} harmless: {FalseAlarms} false alarm(s)");
        yield return Text($"time to alert: p50 {TimeToAlert(0.5):0.00} s, p95 {TimeToAlert(0.95):0.00} s, p99 {TimeToAlert(0.99):0.00} s");
        if (_days > 0)
        {
            var (least, most) = Poisson.Interval(_falsePages);
            yield return Text($"learning, after the lock: {_falsePages} false page(s) in {_days:0.0} compressed deployment-days, {_falsePages / _days:0.000} a day (95 %: {least / _days:0.000} to {most / _days:0.000})");
        }

        foreach (var reason in _notRun.GroupBy(result => result.Why).OrderByDescending(group => group.Count()))
        {
            yield return $"not run: {string.Join(", ", reason.Select(result => result.Scenario.Id))}: {reason.Key}";
        }
    }

    public JsonObject ToJson()
    {
        var (least, most) = Poisson.Interval(_falsePages);
        return new()
        {
            ["attacks"] = _attacks.Count,
            ["detection_rate"] = DetectionRate,
            ["right_rate"] = RightRate,
            ["harmless"] = _harmless.Count,
            ["false_alarms"] = FalseAlarms,
            ["incidents_per_attack"] = IncidentsPerAttack,
            ["seconds_to_alert"] = new JsonObject { ["p50"] = TimeToAlert(0.5), ["p95"] = TimeToAlert(0.95), ["p99"] = TimeToAlert(0.99) },
            ["not_run"] = new JsonObject(_notRun.Select(result => KeyValuePair.Create(result.Scenario.Id, (JsonNode?)JsonValue.Create(result.Why)))),
            ["compressed_deployment_days"] = _days,
            ["false_pages"] = _falsePages,
            ["false_pages_per_deployment_day"] = _days > 0 ? _falsePages / _days : null,
            ["false_pages_per_deployment_day_95"] = _days > 0 ? new JsonArray(least / _days, most / _days) : null,
        };
    }

    private static string Percent(double? share) => share is { } known ? Text($"{100 * known:0.0} %") : "none";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
