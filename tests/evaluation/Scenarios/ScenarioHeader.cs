using System.Globalization;
using System.Text.RegularExpressions;

namespace Runtime.Evaluation.Scenarios;

/// <summary>Reads the header of one scenario file. Every fault is told, each with file, key, value and rule.</summary>
/// <remarks>
/// #!/bin/sh                     may come first
/// # id: B06
/// # title: a program that never was a file
/// # expect: alert
///
/// The header ends at the first line that is no "# key: value", so a comment of words above the header is a fault ("id is missing").
/// A value may hold colons ("peers: http:8000"); a key is lower-case letters.
/// </remarks>
internal sealed partial class ScenarioHeader
{
    public static readonly IReadOnlyList<string> EvidenceKinds = ["process", "file", "network", "dns", "library", "privilege", "resource", "integrity"];
    public static readonly IReadOnlyList<string> PeerKinds = ["stratum", "http", "tls", "sink", "dns"];

    private static readonly string[] s_keys =
        ["id", "title", "expect", "severity", "kinds", "attck", "image", "launch", "phase", "replicas", "peers", "companion", "timeout", "within", "skip"];

    private readonly string _file;
    private readonly List<string> _faults;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private ScenarioHeader(string file, List<string> faults)
    {
        _file = file;
        _faults = faults;
    }

    /// <param name="file">Path, for the messages and the id; the file itself is not opened.</param>
    /// <param name="images">Names of the test images there are.</param>
    /// <param name="companionSource">Path of the C file that stands beside it; null when there is none.</param>
    /// <param name="faults">Faults are added here.</param>
    /// <returns>Null when there are faults.</returns>
    public static Scenario? Read(string file, string text, IReadOnlyCollection<string> images, string? companionSource, List<string> faults)
    {
        var header = new ScenarioHeader(Path.GetFileName(file), faults);
        var before = faults.Count;
        header.ReadLines(text);
        var scenario = header.Build(file, text, images, companionSource);
        return faults.Count == before ? scenario : null;
    }

    private void ReadLines(string text)
    {
        var lines = text.Split('\n');
        for (var i = lines[0].StartsWith("#!", StringComparison.Ordinal) ? 1 : 0; i < lines.Length && HeaderLine().Match(lines[i].TrimEnd('\r')) is { Success: true } line; i++)
        {
            var (key, value) = (line.Groups[1].Value, line.Groups[2].Value.Trim());
            if (!s_keys.Contains(key))
            {
                Fault(key, value, $"this key is not one of {string.Join(", ", s_keys)}");
            }
            else if (!_values.TryAdd(key, value))
            {
                Fault(key, value, "the key stands twice");
            }
        }
    }

    private Scenario Build(string file, string text, IReadOnlyCollection<string> images, string? companionSource)
    {
        var id = Required("id");
        if (id.Length > 0 && !Id().IsMatch(id))
        {
            Fault("id", id, "must be letters and digits, such as B06");
        }
        else if (id.Length > 0 && !_file.StartsWith(id + "-", StringComparison.Ordinal))
        {
            Fault("id", id, $"the file's name must begin with {id}-");
        }

        var expect = Choice("expect", ["alert", "silent"], null);
        var alert = expect == "alert";
        var severity = Severity.None;
        if (alert)
        {
            severity = Choice("severity", ["medium", "high", "critical"], null) switch { "medium" => Severity.Medium, "high" => Severity.High, "critical" => Severity.Critical, _ => Severity.None };
        }
        else if (_values.TryGetValue("severity", out var useless))
        {
            Fault("severity", useless, "only a scenario with expect: alert has one");
        }

        var companion = _values.GetValueOrDefault("companion");
        if (companion is not null && (!companion.StartsWith('/') || companion.EndsWith('/') || companion.Split('/').Contains("..")))
        {
            Fault("companion", companion, "must be the absolute path of a file");
        }

        if (companion is null != companionSource is null)
        {
            Fault("companion", companion ?? "", companion is null ? $"{Path.GetFileName(companionSource)} stands beside the script, so the key must say where it goes" : "no C file of the same name stands beside the script");
        }

        var technique = _values.GetValueOrDefault("attck", "");
        if (technique.Length > 0 && !Technique().IsMatch(technique))
        {
            Fault("attck", technique, "must be a technique's id, such as T1620 or T1059.004");
        }

        var timeout = Number("timeout", 60, 1, 600);
        var within = Number("within", 10, 1, 600);
        return new Scenario(
            file,
            id,
            Required("title"),
            alert,
            severity,
            Words("kinds", EvidenceKinds),
            technique,
            Choice("image", [.. images], null),
            Choice("launch", ["app", "exec", "image"], null) switch { "exec" => Launch.Exec, "image" => Launch.Image, _ => Launch.App },
            Choice("phase", ["locked", "learning"], "locked") == "learning" ? LearningPhase.Learning : LearningPhase.Locked,
            Number("replicas", 1, 1, 10),
            Peers(),
            companion,
            companionSource,
            TimeSpan.FromSeconds(timeout),
            TimeSpan.FromSeconds(within),
            Skip(),
            text);
    }

    private string? Skip()
    {
        if (_values.TryGetValue("skip", out var reason) && reason.Length == 0)
        {
            Fault("skip", reason, "must say why it cannot run");
        }

        return reason;
    }

    private List<Peer> Peers()
    {
        var peers = new List<Peer>();
        foreach (var word in List("peers"))
        {
            // stratum:3333
            if (word.Split(':') is not [var kind, var port] || !PeerKinds.Contains(kind) || !int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is 0 or > 65535)
            {
                Fault("peers", word, $"must be one of {string.Join(", ", PeerKinds)}, a colon and a port from 1 to 65535");
            }
            else if (peers.Contains(new Peer(kind, number)))
            {
                Fault("peers", word, "stands twice");
            }
            else
            {
                peers.Add(new Peer(kind, number));
            }
        }

        return peers;
    }

    private string Required(string key)
    {
        if (_values.TryGetValue(key, out var value) && value.Length > 0)
        {
            return value;
        }

        Fault(key, value ?? "", "is missing");
        return "";
    }

    /// <param name="normal">Where the key is absent; null when it must not be.</param>
    private string Choice(string key, IReadOnlyList<string> values, string? normal)
    {
        if (normal is not null && !_values.ContainsKey(key))
        {
            return normal;
        }

        var value = Required(key);
        if (value.Length > 0 && !values.Contains(value))
        {
            Fault(key, value, $"must be one of {string.Join(", ", values)}");
        }

        return value;
    }

    private List<string> Words(string key, IReadOnlyList<string> known)
    {
        var words = List(key);
        foreach (var word in words.Where(word => !known.Contains(word)))
        {
            Fault(key, word, $"must be one of {string.Join(", ", known)}");
        }

        return words;
    }

    private List<string> List(string key) =>
        _values.TryGetValue(key, out var value) ? [.. value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)] : [];

    private int Number(string key, int normal, int least, int most)
    {
        if (!_values.TryGetValue(key, out var value))
        {
            return normal;
        }

        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
        {
            return number;
        }

        Fault(key, value, $"must be a whole number from {least} to {most}");
        return normal;
    }

    private void Fault(string key, string value, string rule) => _faults.Add($"{_file}: {key} '{value}': {rule}");

    [GeneratedRegex("^# ?([a-z]+):(.*)$")]
    private static partial Regex HeaderLine();

    [GeneratedRegex("^[A-Za-z]+[0-9]+[a-z]?$")]
    private static partial Regex Id();

    [GeneratedRegex(@"^T[0-9]{4}(\.[0-9]{3})?$")]
    private static partial Regex Technique();
}
