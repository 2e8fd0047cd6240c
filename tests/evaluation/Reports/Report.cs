using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runtime.Evaluation.Runs;
using Runtime.Evaluation.Scenarios;

namespace Runtime.Evaluation.Reports;

/// <summary>What the run found: a table for people, JSON for programs.</summary>
/// <param name="unit">What an hour of a baseline lasted.</param>
internal sealed class Report(TimeSpan unit, string folder)
{
    private static readonly JsonSerializerOptions s_readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly DateTimeOffset _started = TimeProvider.System.GetUtcNow();

    // Bounded by the scenarios and images of a run.
    private readonly List<Result> _results = [];
    private readonly List<Learnt> _learnt = [];

    /// <summary>Without the controls.</summary>
    public IEnumerable<Result> Results => _results.Where(result => !IsControl(result)).OrderBy(result => result.Scenario.Id, StringComparer.Ordinal);

    private IEnumerable<Result> Controls => _results.Where(IsControl);

    public void Add(Result result) => _results.Add(result);

    public void Add(Learnt learnt) => _learnt.Add(learnt);

    /// <returns>Null when it was.</returns>
    public string? WhyNotLearnt(string image) => _learnt.Find(learnt => learnt.Image == image)?.Fault;

    public static string Line(Result result) => Text(
        $"{result.Scenario.Id}: {Word(result.Outcome)}{(result.Outcome == Outcome.NotRun ? $" ({result.Why})" : "")}{(result.SecondsToAlert is { } seconds ? Text($" after {seconds:0.00} s") : "")}{(result.IsRight || result.Outcome is Outcome.NotRun ? "" : " <- " + Wrong(result))}");

    public static string Line(Learnt learnt)
    {
        var state = learnt.Fault is { } fault ? $"not learnt: {fault}"
            : learnt.UnitsToLock is { } units ? Text($"learnt, locked after {units:0} units")
            : $"watched for a week, and not locked: {learnt.WaitsFor}";
        return learnt.FalsePages.Count == 0 ? $"{learnt.Image}: {state}" : Text($"{learnt.Image}: {state}; {learnt.FalsePages.Count} false page(s) since: {string.Join(" / ", learnt.FalsePages)}");
    }

    public void Print(TextWriter output)
    {
        string[] heads = ["id", "expect", "outcome", "incidents", "severity", "kinds", "technique", "s to alert", "what is wrong"];
        output.WriteLine();
        Table.Print(output, heads, [.. Results.Concat(Controls).Select(Row)]);
        output.WriteLine();
        foreach (var line in new Sums(Results, _learnt).Lines())
        {
            output.WriteLine(line);
        }

        output.WriteLine(Text($"Time was compressed: an hour of a baseline lasted {unit.TotalMilliseconds:0} ms. Seconds to an alert are real."));
    }

    public void Save(string path)
    {
        var json = new JsonObject
        {
            ["started"] = _started.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
            ["folder"] = folder,
            ["unit_milliseconds"] = unit.TotalMilliseconds,
            ["time_is_compressed"] = true,
            ["scenarios"] = new JsonArray([.. Results.Select(ToJson)]),
            ["controls"] = new JsonArray([.. Controls.Select(ToJson)]),
            ["learning"] = new JsonArray([.. _learnt.Select(ToJson)]),
            ["sums"] = new Sums(Results, _learnt).ToJson(),
        };
        File.WriteAllText(path, json.ToJsonString(s_readable) + "\n");
    }

    public static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Reported => "reported",
        Outcome.Missed => "missed",
        Outcome.Silent => "silent",
        Outcome.FalseAlarm => "false_alarm",
        _ => "not_run",
    };

    private static bool IsControl(Result result) => result.Scenario.File.Length == 0;

    private static string[] Row(Result result) =>
    [
        result.Scenario.Id, result.Scenario.Alert ? "alert" : "silent", Word(result.Outcome), $"{result.Incidents}", result.Severity == Severity.None ? "" : Word(result.Severity),
        string.Join(' ', result.Kinds), string.Join(' ', result.Techniques), result.SecondsToAlert is { } seconds ? Text($"{seconds:0.00}") : "", Wrong(result),
    ];

    /// <summary>Empty when nothing is.</summary>
    private static string Wrong(Result result)
    {
        var scenario = result.Scenario;
        var faults = new List<string>();
        if (result.Outcome == Outcome.FalseAlarm)
        {
            faults.AddRange(result.Titles);
        }

        if (result.Outcome == Outcome.Missed)
        {
            faults.Add("nothing was reported");
        }

        if (result.Outcome == Outcome.Reported)
        {
            if (!result.RightContainer)
            {
                faults.Add("another container");
            }

            if (!result.SeverityOk)
            {
                faults.Add($"at least {Word(scenario.LeastSeverity)} was due");
            }

            if (!result.KindsOk)
            {
                faults.Add($"nothing of {string.Join(", ", scenario.Kinds)}");
            }

            if (!result.WithinOk)
            {
                faults.Add(Text($"{scenario.Within.TotalSeconds:0} s were due"));
            }
        }

        if (result.Why.Length > 0)
        {
            faults.Add(result.Why);
        }

        if (result.Lost > 0)
        {
            faults.Add($"{result.Lost} events lost");
        }

        return string.Join("; ", faults);
    }

    private static JsonObject ToJson(Result result) => new()
    {
        ["id"] = result.Scenario.Id,
        ["title"] = result.Scenario.Title,
        ["image"] = result.Scenario.Image,
        ["launch"] = result.Scenario.Launch.ToString().ToLowerInvariant(),
        ["expect"] = result.Scenario.Alert ? "alert" : "silent",
        ["outcome"] = Word(result.Outcome),
        ["right"] = result.IsRight,
        ["incidents"] = result.Incidents,
        ["right_container"] = result.RightContainer,
        ["severity"] = result.Severity == Severity.None ? null : Word(result.Severity),
        ["severity_ok"] = result.SeverityOk,
        ["kinds"] = Words(result.Kinds),
        ["kinds_ok"] = result.KindsOk,
        ["attck"] = Words(result.Techniques),
        ["attck_ok"] = result.Scenario.Technique.Length == 0 || result.Techniques.Any(technique => technique.StartsWith(result.Scenario.Technique, StringComparison.Ordinal)),
        ["seconds_to_alert"] = result.SecondsToAlert,
        ["within_ok"] = result.WithinOk,
        ["titles"] = Words(result.Titles),
        ["lost"] = result.Lost,
        ["exit_code"] = result.ExitCode,
        ["why"] = result.Why.Length == 0 ? null : result.Why,
    };

    private static JsonObject ToJson(Learnt learnt) => new()
    {
        ["image"] = learnt.Image,
        ["hours_to_lock"] = learnt.UnitsToLock,
        ["predicted_new"] = learnt.PredictedNew,
        ["actual_new"] = learnt.ActualNew,
        ["deployment_days_after_lock"] = learnt.UnitsAfterLock / 24,
        ["false_pages"] = Words(learnt.FalsePages),
        ["waits_for"] = learnt.WaitsFor.Length == 0 ? null : learnt.WaitsFor,
        ["fault"] = learnt.Fault,
    };

    private static JsonArray Words(IEnumerable<string> words) => new([.. words.Select(word => JsonValue.Create(word))]);

    private static string Word(Severity severity) => severity.ToString().ToLowerInvariant();

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
