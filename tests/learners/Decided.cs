using System.Text.RegularExpressions;
using Google.Protobuf;
using Runtime.Collector.Detection;
using Runtime.V1;
using Deviation = Runtime.V1.Deviation;

namespace Runtime.Learners;

/// <summary>An incident, or the part of one that an attacker who stopped early would have left, as a person would have decided on it.</summary>
/// <param name="Source">The scenario of an attack, else the incident: what is drawn as one in a bootstrap.</param>
/// <param name="IsWhole">False for a part.</param>
internal sealed record Decided(bool IsAttack, string Workload, string Source, bool IsWhole, bool IsAlerted, double EValue, double Threshold, float[] Features)
{
    public const int FeatureCount = 32;

    private static readonly string[] s_kinds = ["exec", "edge", "file_write", "file_read", "egress", "listen", "name", "privilege", "loading", "binary", "managed", "image"];

    public bool IsForDigest => !IsAlerted && EValue >= 1 && EValue < Threshold;

    /// <summary>
    /// ID-incidents.jsonl of a scenario, control-… and learning-… of what nobody attacked: an incident of the API a line, as JSON. What was open when a script
    /// began was closed, and is harmless.
    /// </summary>
    public static IReadOnlyList<Decided> ReadAll(DirectoryInfo folder, DirectoryInfo scenarios)
    {
        var headers = scenarios.EnumerateFiles("*.sh").Select(file => File.ReadAllText(file.FullName)).ToDictionary(text => Header(text, "id"), text => (Image: Header(text, "image"), IsAttack: Header(text, "expect") == "alert"));
        var known = new HashSet<string>(StringComparer.Ordinal);
        var decided = new List<Decided>();

        // What was learnt is in every scenario's database too, so it comes first.
        foreach (var file in folder.EnumerateFiles("*-incidents.jsonl", SearchOption.AllDirectories).OrderByDescending(file => file.Name.StartsWith("learning", StringComparison.Ordinal)))
        {
            var id = file.Name[..^"-incidents.jsonl".Length];
            foreach (var incident in File.ReadLines(file.FullName).Select(line => Incident.Parser.ParseJson(line)).Where(incident => incident.Deviations.Count > 0 && known.Add(incident.Id)))
            {
                var header = headers.GetValueOrDefault(id);
                var isAttack = header.IsAttack && incident.State == "open";
                decided.AddRange(Of(incident, isAttack, header.Image ?? incident.ScopeId.Split('/')[3], isAttack ? id : incident.Id));
            }
        }

        return decided;
    }

    private static string Header(string script, string key) => Regex.Match(script, $@"^# {key}: *(\S+)", RegexOptions.Multiline).Groups[1].Value;

    private static IEnumerable<Decided> Of(Incident incident, bool isAttack, string workload, string source)
    {
        Decided With(IReadOnlyList<Deviation> deviations, double value, bool isWhole) =>
            new(isAttack, workload, source, isWhole, isWhole && incident.Alerted, value, incident.Threshold, FeaturesOf(deviations, value, incident.Threshold));

        var all = incident.Deviations.OrderBy(deviation => deviation.Time.ToDateTimeOffset()).ToList();
        yield return With(all, incident.EValue, isWhole: true);
        var quiet = all.Where(deviation => deviation.Kind is not "tier0" and not "resource").ToList();
        if (all.Count == 1)
        {
            yield break;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var one in quiet)
        {
            var part = With([one], one.EValue, isWhole: false);
            if (seen.Add(string.Join(' ', part.Features)))
            {
                yield return part;
            }
        }

        foreach (var first in new[] { 2, 3 }.Where(first => quiet.Count > first))
            yield return With(quiet[..first], Combined(quiet[..first]), isWhole: false);
    }

    /// <summary>As Incidents/IncidentWeight.cs does, but for tactics and resources: a mean within a group, a tempered product over the groups.</summary>
    private static double Combined(IEnumerable<Deviation> deviations)
    {
        var groups = deviations.GroupBy(deviation => Group(deviation.Kind)).Select(group => group.Average(deviation => deviation.EValue)).ToList();
        var product = groups.Aggregate(1.0, (all, one) => all * one);
        return groups.Count > 1 ? Math.Pow(product, 0.8) : product;
    }

    private static int Group(string kind) => kind switch { "file_write" or "file_read" => 1, "egress" or "listen" or "name" => 2, _ => 0 };

    private static float[] FeaturesOf(IReadOnlyList<Deviation> deviations, double value, double threshold)
    {
        static float Log(double value) => (float)Math.Log10(Math.Max(value, 1e-3));

        var factors = deviations.SelectMany(deviation => deviation.Evidence).Select(evidence => evidence.Factor).OrderDescending().ToList();
        var techniques = deviations.SelectMany(deviation => deviation.Evidence).Select(evidence => evidence.Technique).Where(technique => technique.Length > 0).Distinct().ToList();
        var process = deviations.SelectMany(deviation => deviation.Lineage.Take(2)).ToList();
        var span = deviations.Max(deviation => deviation.LastSeen.ToDateTimeOffset()) - deviations.Min(deviation => deviation.Time.ToDateTimeOffset());
        float Flag(string name) => process.Any(found => found.Flags.Contains(name)) ? 1 : 0;
        return
        [
            Log(value), Log(value / threshold), Log(threshold),
            .. Enumerable.Range(0, 3).Select(group => Log(deviations.Where(deviation => Group(deviation.Kind) == group).Select(deviation => deviation.EValue).DefaultIfEmpty(0).Max())),
            .. s_kinds.Select(kind => (float)Math.Min(5, deviations.Count(deviation => deviation.Kind == kind))),
            deviations.Select(deviation => deviation.Kind).Distinct().Count(), deviations.Count, techniques.Count, Techniques.DistinctTactics(techniques),
            Log(factors.ElementAtOrDefault(0)), Log(factors.ElementAtOrDefault(1)), Log(factors.Append(1).Min()),
            Log(deviations.Sum(deviation => (double)deviation.Count)), Log(span.TotalSeconds), deviations[0].Lineage.Count,
            process.Any(found => found.Phase == "session") ? 1 : 0, Flag("network_facing"), Flag("upper_layer"), Math.Max(Flag("stdin_socket"), Flag("stdout_socket")),
        ];
    }
}
