using System.Globalization;
using System.Text;

namespace Runtime.Collector.Query.Search;

/// <summary>Every field of the search language. From here come the parser's knowledge, "search --fields", completion and search.md.</summary>
internal static class SearchFields
{
    private const RecordTypes E = RecordTypes.Events, D = RecordTypes.Deviations, I = RecordTypes.Incidents;

    private static readonly string[] _eventKinds = ["exec", "exit", "file", "network", "privilege", "binary", "managed", "resource", "sight", "loss"];
    private static readonly string[] _deviationKinds = ["exec", "edge", "file_write", "file_read", "egress", "listen", "name", "privilege", "binary", "loading", "managed", "image", "resource", "tier0"];

    /// <summary>Kinds that stand for several, by name.</summary>
    public static IReadOnlyDictionary<string, string[]> KindGroups { get; } = new Dictionary<string, string[]>
    {
        ["process"] = ["exec", "exit", "edge"],
    };

    public static IReadOnlyList<SearchField> All { get; } =
    [
        new("type", SearchFieldType.Choice, E | D | I, "which records; without it all that have every field of the query", "type:incident") { Choices = ["event", "deviation", "incident"] },
        new("kind", SearchFieldType.Choice, E | D, "kind of the event or of the deviating behaviour; process is exec, exit and edge. Without it events of kind resource are left out", "kind:process")
        {
            Choices = [.. _eventKinds.Concat(_deviationKinds).Concat(KindGroups.Keys).Distinct().Order(StringComparer.Ordinal)],
        },
        new("since", SearchFieldType.Time, E | D | I, "from then on, by the time of the event or the first sight of the deviation or incident", "since:7d") { IsBound = true },
        new("until", SearchFieldType.Time, E | D | I, "up to then", "until:2026-04-25T13:00Z") { IsBound = true },
        new("deployment", SearchFieldType.Text, E | D | I, "NAME, NAMESPACE/NAME, NAMESPACE/NAME/CONTAINER or a whole scope id", "deployment:shop/web"),
        new("cluster", SearchFieldType.Text, E | D | I, "the cluster's name", "cluster:prod"),
        new("namespace", SearchFieldType.Text, E | D | I, "Kubernetes namespace", "namespace:shop,payments"),
        new("workload", SearchFieldType.Name, E | D | I, "what owns the pods: Deployment, StatefulSet, DaemonSet, CronJob, Job, Pod; Container; Host", "workload:cronjob"),
        new("container", SearchFieldType.Text, E | D | I, "the container's name within its pod", "container:app"),
        new("container.id", SearchFieldType.Text, E | D | I, "the container runtime's id", "container.id:4f1c*"),
        new("pod", SearchFieldType.Text, E | D | I, "the pod's name", "pod:web-5d9c*"),
        new("node", SearchFieldType.Text, E | D | I, "the node's name", "node:node1"),
        new("image", SearchFieldType.Text, E | D | I, "the image's reference as the pod names it", "image:*/nginx:*"),
        new("image.registry", SearchFieldType.Name, E | D | I, "host of the reference; docker.io where it names none", "image.registry:docker.io"),
        new("image.repository", SearchFieldType.Text, E | D | I, "the reference without host, tag and digest; library/NAME for docker.io's own", "image.repository:library/nginx"),
        new("image.tag", SearchFieldType.Text, E | D | I, "the reference's tag; latest where it names neither tag nor digest", "image.tag:latest"),
        new("image.digest", SearchFieldType.Text, E | D, "digest of what runs", "image.digest:sha256:9f86*"),
        new("image.first_seen", SearchFieldType.Time, E | D | I, "when this collector first saw the image run: <30d is less than 30 days ago", "image.first_seen:<30d"),
        new("image.created", SearchFieldType.Time, E | D | I, "when the image was built, as it says itself; of several contents of one reference the one built last. Many tell none that can be", "image.created:<30d"),
        new("binary", SearchFieldType.Text, E | D, "program of the process, as the kernel resolved it", "binary:/tmp/*"),
        new("parent", SearchFieldType.Text, E | D, "program of its parent", "parent:*/nginx"),
        new("uid", SearchFieldType.Number, E | D, "user id of the process, in its container", "uid:0"),
        new("operation", SearchFieldType.Choice, E, "what a file, network, privilege or managed event did", "operation:chmod_executable") { Choices = SearchOperations.All },
        new("path", SearchFieldType.Text, E, "file that was written, read, loaded, run or asked about", "path:/etc/cron.d/*"),
        new("sha256", SearchFieldType.Name, E, "content of a program or library", "sha256:9f86d081*"),
        new("name", SearchFieldType.Name, E, "domain that was looked up or reached; path of a unix socket", "name:*.example.com"),
        new("address", SearchFieldType.Address, E, "the other end of a connection; what is listened on", "address:203.0.113.0/24"),
        new("port", SearchFieldType.Number, E, "the other end's port; of accept and listen the own", "port:1-1023"),
        new("count", SearchFieldType.Number, E | D | I, "how often it was seen", "count:>100"),
        new("new", SearchFieldType.Flag, E | D, "the first sight in its deployment of a program, file, content, domain or address; every deviation is new", "new:true"),
        new("severity", SearchFieldType.Severity, D | I, "info, low, medium, high, critical", "severity:>=high") { Choices = ["info", "low", "medium", "high", "critical"] },
        new("state", SearchFieldType.Choice, D | I, "open, approved; of incidents also closed", "state:open") { Choices = ["open", "closed", "approved"] },
        new("evidence", SearchFieldType.Number, D | I, "how many times likelier an attack is (the e-value)", "evidence:>=100"),
        new("technique", SearchFieldType.Name, D | I, "ATT&CK technique", "technique:T1059*"),
        new("key", SearchFieldType.Text, D, "the behaviour as the baseline names it", "key:*/usr/bin/curl*"),
        new("incident", SearchFieldType.Text, D, "id of the incident that it belongs to", "incident:4f1c*"),
        new("id", SearchFieldType.Text, D | I, "its own id", "id:9b3a*"),
        new("last_seen", SearchFieldType.Time, D | I, "when it was seen last: <1h is less than an hour ago", "last_seen:<1h"),
        new("alerted", SearchFieldType.Flag, I, "people were sent it", "alerted:true"),
        new("text", SearchFieldType.Words, E | D | I, "anywhere in paths, arguments, names, titles; a word without a field is the same", "text:\"-o stratum\""),
    ];

    private static readonly Dictionary<string, SearchField> _byName = All.ToDictionary(field => field.Name, StringComparer.Ordinal);

    public static SearchField? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>"events, deviations".</summary>
    public static string Names(RecordTypes types) =>
        string.Join(", ", new[] { E, D, I }.Where(type => (types & type) != 0).Select(type => type.ToString().ToLowerInvariant()));

    /// <summary>The table of search.md.</summary>
    public static string Table()
    {
        var table = new StringBuilder("| field | of | takes | meaning | example |\n|---|---|---|---|---|\n");
        foreach (var field in All)
        {
            table.Append(CultureInfo.InvariantCulture, $"| `{field.Name}` | {Names(field.Of)} | {Takes(field)} | {field.Meaning} | `{field.Example}` |\n");
        }

        return table.ToString();
    }

    public static string Takes(SearchField field) => field.Type switch
    {
        SearchFieldType.Text => "text, `*` `?`",
        SearchFieldType.Name => "text, `*` `?`, any case",
        SearchFieldType.Words => "a part of it, any case",
        SearchFieldType.Choice => "one of a list",
        SearchFieldType.Severity => "level, `<` `<=` `>` `>=`",
        SearchFieldType.Number => "number, `<` `<=` `>` `>=`, FROM-TO",
        SearchFieldType.Time => field.IsBound ? "age or time" : "`<` `>` with age or time",
        SearchFieldType.Flag => "true, false",
        _ => "address or network",
    };
}
