using System.Globalization;
using System.Text;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;
using Runtime.Collector.Query.Search;

namespace Runtime.Collector.Storage;

/// <summary>A question as the condition of one table's rows.</summary>
/// <param name="type">One type: facts f, deviations d, incidents i.</param>
/// <param name="scopes">All, with their numbers; asked for where a term needs them.</param>
/// <param name="driver">The term whose index leads; of all others the columns are kept from being chosen. Null: none.</param>
internal sealed class SearchSql(RecordTypes type, Lazy<List<(long Number, Scope Scope)>> scopes, SearchTerm? driver)
{
    /// <summary>Fields with an index of facts, and its name.</summary>
    public static IReadOnlyDictionary<string, string> Indexes { get; } = new Dictionary<string, string>
    {
        ["binary"] = "facts_by_binary", ["path"] = "facts_by_path", ["sha256"] = "facts_by_sha256", ["name"] = "facts_by_name", ["address"] = "facts_by_address", ["pod"] = "facts_by_pod",
        ["deployment"] = "facts_by_scope", ["namespace"] = "facts_by_scope", ["cluster"] = "facts_by_scope", ["workload"] = "facts_by_scope", ["container"] = "facts_by_scope", ["new"] = "facts_new",
    };

    /// <summary>"facts_by_binary", or nothing where no term leads; with the condition under which its rows are in the index.</summary>
    public static (string IndexedBy, string Condition) Leading(SearchTerm? driver)
    {
        if (driver is null)
        {
            return ("", "");
        }

        var index = Indexes[driver.Field.Name];
        return ($"INDEXED BY {index}", index is "facts_by_scope" or "facts_new" ? "" : $"f.{driver.Field.Name} IS NOT NULL AND ");
    }

    public SearchValuesSql Sql { get; } = new();

    /// <param name="node">Null: everything.</param>
    public string Where(SearchNode? node) => node switch
    {
        null => "1",
        SearchAnd and => "(" + string.Join(" AND ", and.Parts.Select(Where)) + ")",
        SearchOr or => "(" + string.Join(" OR ", or.Parts.Where(part => part.MayFind(type)).Select(Where).DefaultIfEmpty("0")) + ")",

        // What has no value does not have this one either; what cannot have one is no answer.
        SearchNot not => not.MayFind(type) ? $"NOT coalesce({Where(not.Part)}, 0)" : "0",
        SearchTerm term => term.MayFind(type) ? Term(term) : "0",
        _ => throw new ArgumentOutOfRangeException(nameof(node), node.GetType().Name, "no such node"),
    };

    private string Term(SearchTerm term) => term.Field.Name switch
    {
        "type" => "1",
        _ when ScopeTerms.IsOne(term.Field) => InScopes(term),
        _ when term.Field.Name.StartsWith("image", StringComparison.Ordinal) && term.Field.Name != "image.digest" => Image(term),
        _ when type == RecordTypes.Events => OfEvent(term),
        _ when type == RecordTypes.Deviations => OfDeviation(term),
        _ => OfIncident(term),
    };

    private string InScopes(SearchTerm term)
    {
        var column = type switch { RecordTypes.Events => Column("scope", term), RecordTypes.Deviations => "d.scope", _ => "i.scope" };
        if (ScopeTerms.IdOf(term) is { } id)
        {
            return $"{column} = (SELECT number FROM scopes WHERE scope_id = {Sql.Add(id)})";
        }

        var numbers = scopes.Value.Where(scope => ScopeTerms.Fits(scope.Scope, term)).Select(scope => scope.Number).ToList();

        // Of one its rows lie in the order of time.
        return numbers is [var only] ? $"{column} = {Sql.Add(only)}" : $"{column} IN (SELECT value FROM json_each({Sql.Add(Json(numbers))}))";
    }

    private string Image(SearchTerm term)
    {
        var condition = term.Field.Name switch
        {
            "image" => Sql.Text("reference", term),
            "image.registry" => Sql.Text("registry", term),
            "image.repository" => Sql.Text("repository", term),
            "image.tag" => Sql.Text("tag", term),
            "image.created" => Sql.Time("created", term),
            _ => Sql.Time("first_seen", term),
        };
        return type switch
        {
            RecordTypes.Events => $"+f.image IN (SELECT number FROM images WHERE {condition})",
            RecordTypes.Deviations => $"json_extract(d.document, '$.Container.Image') IN (SELECT reference FROM images WHERE {condition})",
            _ => $"EXISTS (SELECT 1 FROM json_each(i.document, '$.Images') j WHERE j.value IN (SELECT reference FROM images WHERE {condition}))",
        };
    }

    private string OfEvent(SearchTerm term) => term.Field.Name switch
    {
        "since" or "until" => Sql.Time("f.time", term),
        "kind" => Sql.Choice("f.kind", Kinds(term)),
        "binary" or "path" or "sha256" or "name" or "pod" => Sql.Word(Column(term.Field.Name, term), term),
        "parent" => Sql.Word("f.parent", term),
        "container.id" => Sql.Word("f.container", term),
        "node" => Sql.Word("f.node", term),
        "image.digest" => Sql.Word("f.digest", term),
        "operation" => Sql.Choice("f.operation", term.Values.Select(value => value.Text)),
        "address" => Sql.Address(Column("address", term), term),
        "port" => Sql.Number("f.port", term),
        "uid" => Sql.Number("f.uid", term),
        "count" => Sql.Number("f.count", term),
        // Written out: an index on the rows that are new is used only where SQLite sees that no other is asked for.
        "new" => "(" + string.Join(" OR ", term.Values.Select(value => $"{Column("is_new", term)} = {(value.Flag ? 1 : 0)}")) + ")",
        "text" => $"EXISTS (SELECT 1 FROM observations t WHERE t.id = f.id AND {Sql.Contains("t.text", term)})",
        _ => throw Unknown(term),
    };

    private string OfDeviation(SearchTerm term) => term.Field.Name switch
    {
        "since" or "until" => Sql.Time("d.first_seen", term),
        "kind" => Sql.Choice("d.kind", Kinds(term)),
        "severity" => Sql.Severity("d.severity", term),
        "state" => States("coalesce(json_extract(d.document, '$.State'), 0)", term),
        "binary" => Document("$.Lineage[0].Binary", term),
        "parent" => Document("$.Lineage[1].Binary", term),
        "uid" => Sql.Number("json_extract(d.document, '$.Lineage[0].Uid')", term),
        "pod" => Document("$.Container.PodName", term),
        "container.id" => Document("$.Container.Id", term),
        "image.digest" => Document("$.Container.ImageDigest", term),
        "node" => Document("$.Node", term),
        "key" => Document("$.Key", term),
        "incident" => Sql.Text("d.incident_id", term),
        "id" => Sql.Text("d.id", term),
        "count" => Sql.Number("json_extract(d.document, '$.Count')", term),
        "evidence" => Sql.Number("CAST(json_extract(d.document, '$.EValue') AS REAL)", term),
        "technique" => $"EXISTS (SELECT 1 FROM json_each(d.document, '$.Evidence') j WHERE {Sql.Text("json_extract(j.value, '$.Technique')", term)})",
        "last_seen" => Sql.Time("d.last_seen", term),
        "new" => term.Values.Any(value => value.Flag) ? "1" : "0",
        "text" => Sql.Contains("d.text", term),
        _ => throw Unknown(term),
    };

    private string OfIncident(SearchTerm term) => term.Field.Name switch
    {
        "since" or "until" => Sql.Time("i.first_seen", term),
        "severity" => Sql.Severity("i.severity", term),
        "state" => States("i.state", term),
        "pod" => AnyOf("$.Pods", term),
        "node" => AnyOf("$.Nodes", term),
        "container.id" => AnyOf("$.Containers", term),
        "technique" => AnyOf("$.Techniques", term),
        "count" => Sql.Number("json_extract(i.document, '$.Count')", term),
        "evidence" => Sql.Number("i.e_value", term),
        "id" => Sql.Text("i.id", term),
        "last_seen" => Sql.Time("i.last_seen", term),
        "alerted" => Sql.Flag("(coalesce(json_extract(i.document, '$.AlertedRevision'), 0) > 0)", term),
        "text" => Sql.Contains("i.text", term),
        _ => throw Unknown(term),
    };

    /// <summary>Of events: a plus keeps the index out, which SQLite would weigh without knowing how many rows a value has.</summary>
    private string Column(string column, SearchTerm term) => ReferenceEquals(term, driver) ? "f." + column : "+f." + column;

    private string Document(string path, SearchTerm term) => Sql.Text($"json_extract(d.document, '{path}')", term);

    /// <summary>Approved is another number of a deviation than of an incident.</summary>
    private string States(string expression, SearchTerm term) => $"{expression} IN ({string.Join(", ", term.Values.Select(value => Sql.Add(StateNumber(value.Text))))})";

    private int StateNumber(string state) => type == RecordTypes.Incidents
        ? (int)Enum.Parse<IncidentState>(state, ignoreCase: true)
        : Enum.TryParse<DeviationState>(state, ignoreCase: true, out var known) ? (int)known : -1;

    private string AnyOf(string path, SearchTerm term) => $"EXISTS (SELECT 1 FROM json_each(i.document, '{path}') j WHERE {Sql.Text("j.value", term)})";

    private static IEnumerable<string> Kinds(SearchTerm term) =>
        term.Values.SelectMany(value => SearchFields.KindGroups.TryGetValue(value.Text, out var group) ? group : [value.Text]);

    private static string Json(List<long> numbers)
    {
        var json = new StringBuilder("[");
        json.AppendJoin(',', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)));
        return json.Append(']').ToString();
    }

    private static ArgumentOutOfRangeException Unknown(SearchTerm term) => new(nameof(term), term.Field.Name, "a field without a column");
}
