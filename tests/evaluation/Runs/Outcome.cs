using Runtime.Evaluation.Scenarios;
using Runtime.V1;
using Severity = Runtime.Evaluation.Scenarios.Severity;

namespace Runtime.Evaluation.Runs;

/// <summary>What came of a scenario.</summary>
internal enum Outcome
{
    Reported,
    Missed,
    Silent,
    FalseAlarm,
    NotRun,
}

/// <summary>One incident that people were told of while a scenario ran.</summary>
/// <param name="Containers">Full ids.</param>
/// <param name="Kinds">Of its evidence, in the format's words.</param>
internal sealed record SeenIncident(string Id, string Title, Severity Severity, IReadOnlyList<string> Containers, IReadOnlyList<string> Kinds, IReadOnlyList<string> Techniques);

/// <param name="SecondsToAlert">From the start of the script to the first alert's arrival that names the container (that came at all, when none does); null when none came.</param>
/// <param name="Lost">Events that the agent counted as lost meanwhile: silence is not proven then.</param>
/// <param name="ExitCode">Of the script; null when its time was up before.</param>
internal sealed record Observed(string Container, IReadOnlyList<SeenIncident> Incidents, double? SecondsToAlert, ulong Lost, int? ExitCode);

/// <param name="Why">Of what did not run; what to know of it else; empty when nothing.</param>
internal sealed record Result(
    Scenario Scenario, Outcome Outcome, int Incidents, bool RightContainer, Severity Severity, bool SeverityOk, IReadOnlyList<string> Kinds, bool KindsOk, IReadOnlyList<string> Techniques,
    double? SecondsToAlert, bool WithinOk, IReadOnlyList<string> Titles, ulong Lost, int? ExitCode, string Why)
{
    /// <summary>All that the header asks for is so. The technique is shown and not scored.</summary>
    public bool IsRight => Outcome == Outcome.Silent || (Outcome == Outcome.Reported && RightContainer && SeverityOk && KindsOk && WithinOk);

    public static Result NotRun(Scenario scenario, string why) => new(scenario, Outcome.NotRun, 0, false, Severity.None, false, [], false, [], null, false, [], 0, null, why);

    public static Result Of(Scenario scenario, Observed observed, string why = "")
    {
        var own = observed.Incidents.Where(incident => incident.Containers.Contains(observed.Container)).ToList();
        var told = own.Count > 0 ? own : observed.Incidents;
        var severity = told.Select(incident => incident.Severity).DefaultIfEmpty().Max();
        List<string> kinds = [.. told.SelectMany(incident => incident.Kinds).Distinct().Order(StringComparer.Ordinal)];
        var any = observed.Incidents.Count > 0;
        return new Result(
            scenario,
            scenario.Alert ? (any ? Outcome.Reported : Outcome.Missed) : any ? Outcome.FalseAlarm : Outcome.Silent,
            observed.Incidents.Count,
            own.Count > 0,
            severity,
            any && severity >= scenario.LeastSeverity,
            kinds,
            scenario.Kinds.Count == 0 || kinds.Any(scenario.Kinds.Contains),
            [.. told.SelectMany(incident => incident.Techniques).Distinct().Order(StringComparer.Ordinal)],
            observed.SecondsToAlert,
            observed.SecondsToAlert is { } seconds && seconds <= scenario.Within.TotalSeconds,
            [.. told.Select(incident => incident.Title)],
            observed.Lost,
            observed.ExitCode,
            why);
    }
}

/// <summary>The format's words for evidence.</summary>
internal static class EvidenceKinds
{
    // exec  /tmp/x      egress  /usr/bin/curl|dns|53|udp      file_write  /usr/bin/app|load|/tmp/x.so|so      tier0  stratum|/tmp/x
    public static IEnumerable<string> Of(Deviation deviation)
    {
        var parts = deviation.Key.Split('|');
        var notOfTheImage = deviation.Evidence.Any(evidence => evidence.Reason.Contains("not of the image", StringComparison.Ordinal));
        return deviation.Kind switch
        {
            "exec" or "edge" => notOfTheImage ? ["process", "integrity"] : ["process"],
            "file_write" when parts is [_, "load", ..] => ["library"],
            "file_write" or "file_read" => ["file"],
            "egress" when parts is [_, "dns", ..] => ["network", "dns"],
            "egress" or "listen" => ["network"],
            "privilege" => ["privilege"],
            "binary" => ["integrity"],
            "loading" or "managed" => ["library"],
            "tier0" => OfFact(parts[0]),
            _ => [],
        };
    }

    private static string[] OfFact(string rule) => rule switch
    {
        "memfd_exec" => ["process"],
        "stratum" => ["network"],
        "miner_arguments" or "shell_on_socket" => ["process", "network"],
        "upper_layer_exec_by_server" => ["process", "integrity"],
        "ld_so_preload" => ["file", "library"],
        "hidden_process" => ["privilege"],
        "host_control" => ["file", "privilege"],
        _ => [],
    };
}
