using Google.Protobuf.WellKnownTypes;
using Runtime.Collector.Query.Search;
using Runtime.V1;

namespace Runtime.Collector.Query;

/// <summary>Checks what callers send and makes filters of it. Every message names field, value and rule.</summary>
internal static class RequestRules
{
    public const int DefaultPageSize = 100;
    public const int MaxPageSize = 1000;
    public const int MinIdPrefix = 4;
    private const int MaxIdLength = 128;
    private const int MaxTextLength = 256;
    private const int MaxNoteLength = 2000;
    private const int MaxDecisions = 100;

    // An item's key is at most 512 characters; shown, each may be an escape of several.
    private const int MaxKeyLength = 5120;

    // Five names of Kubernetes, each letter escaped.
    private const int MaxScopeToken = 4096;

    private static readonly string[] _deviationKinds = ["exec", "edge", "file_write", "file_read", "egress", "listen", "name", "privilege", "binary", "loading", "managed", "image", "resource", "tier0"];
    private static readonly string[] _eventKinds = ["exec", "exit", "file", "network", "privilege", "binary", "managed", "resource", "sight", "loss"];
    private static readonly string[] _incidentStates = ["open", "closed", "approved"];
    private static readonly string[] _verdicts = ["benign", "malicious", "unknown"];

    public static ListFilter Filter(ListDeploymentsRequest request) =>
        new(PageSize(request.PageSize), request.PageToken, Text: Text("text", request.Text));

    public static ListFilter Filter(ListImagesRequest request) =>
        new(PageSize(request.PageSize), request.PageToken, Since: Time("since", request.Since), Text: Text("text", request.Text));

    public static ListFilter Filter(ListDeviationsRequest request) => Range(new(
        PageSize(request.PageSize), request.PageToken, Text("scope", request.Scope), OneOf("kind", request.Kind, _deviationKinds),
        MinSeverity(request.MinSeverity), Time("since", request.Since), Time("until", request.Until), Text("text", request.Text)));

    public static ListFilter Filter(ListIncidentsRequest request) => Range(new(
        PageSize(request.PageSize), request.PageToken, Text("scope", request.Scope), OneOf("kind", request.Kind, _deviationKinds),
        MinSeverity(request.MinSeverity), Time("since", request.Since), Time("until", request.Until), Text("text", request.Text),
        OneOf("state", request.State, _incidentStates)));

    public static ListFilter Filter(ListEventsRequest request) => Range(new(
        PageSize(request.PageSize), request.PageToken, Text("scope", request.Scope), OneOf("kind", request.Kind, _eventKinds),
        Since: Time("since", request.Since), Until: Time("until", request.Until), Text: Text("text", request.Text)));

    public static string Verdict(string verdict) =>
        verdict.Length > 0 ? OneOf("verdict", verdict, _verdicts) : throw QueryFault.Invalid("verdict", "", "must be one of " + string.Join(", ", _verdicts));

    public static string Note(string note) =>
        note.Length <= MaxNoteLength ? note : throw QueryFault.Invalid("note", note, $"must be at most {MaxNoteLength} characters");

    public static string Reason(string reason) =>
        reason.Trim().Length > 0 ? reason.Length <= MaxNoteLength ? reason : throw QueryFault.Invalid("reason", reason, $"must be at most {MaxNoteLength} characters")
        : throw QueryFault.Invalid("reason", reason, "must say why: whoever meets the item again reads it");

    public static string ItemKind(string kind) => OneOf("kind", kind, _deviationKinds);

    /// <summary>Whole decisions; a template cannot be approved by its key, which says nothing of the names behind it.</summary>
    public static IReadOnlyList<Baselines.ItemDecision> Decisions(DecideItemsRequest request)
    {
        if (request.Decisions.Count is 0 or > MaxDecisions)
        {
            throw QueryFault.Invalid("decisions", request.Decisions.Count.ToString(global::System.Globalization.CultureInfo.InvariantCulture), $"must be 1 to {MaxDecisions}");
        }

        return [.. request.Decisions.Select(decision => new Baselines.ItemDecision(
            decision.Kind.Length > 0 ? ItemKind(decision.Kind) : throw QueryFault.Invalid("kind", "", "must be the item's kind"),
            decision.Approve && decision.Key.Contains("%{", StringComparison.Ordinal) ? throw QueryFault.Invalid("key", decision.Key, "is a template, which only what was seen makes") : ItemKey(decision.Key),
            decision.Approve))];
    }

    public static string Key(string key) =>
        key.Length is > 0 and <= MaxKeyLength ? key : throw QueryFault.Invalid("key", key, $"must be an item's key, 1 to {MaxKeyLength} characters");

    /// <summary>A full id or the beginning of one.</summary>
    public static string IdPrefix(string id) =>
        id.Length is >= MinIdPrefix and <= MaxIdLength && id.All(char.IsAsciiLetterOrDigit)
            ? id
            : throw QueryFault.Invalid("id", id, $"must be an id or at least its first {MinIdPrefix} characters: letters and digits");

    public static string Name(string field, string value) =>
        value.Length is > 0 and <= MaxIdLength ? value : throw QueryFault.Invalid(field, value, $"must be 1 to {MaxIdLength} characters");

    public static string ItemKey(string key) =>
        key.Length is > 0 and < Baselines.ItemKey.MaxLength ? key : throw QueryFault.Invalid("key", key, $"must be an item's key, 1 to {Baselines.ItemKey.MaxLength - 1} characters");

    public static string Text(string field, string value) =>
        value.Length <= MaxTextLength ? value : throw QueryFault.Invalid(field, value, $"must be at most {MaxTextLength} characters");

    /// <summary>A scope id that an answer gave, or nothing.</summary>
    public static string ScopeToken(string value) =>
        value.Length <= MaxScopeToken ? value : throw QueryFault.Invalid("page_token", value, "must be the next_page_token of an answer to the same question");

    /// <summary>Something to look for.</summary>
    public static string What(string value) =>
        value.Trim().Length == 0 || value.Contains('\0', StringComparison.Ordinal) ? throw QueryFault.Invalid("what", value, "must be a path, a SHA-256, a domain, an address or a network")
        : value.Count(letter => letter == '*') > SearchValues.MaxRuns ? throw QueryFault.Invalid("what", value, $"must have at most {SearchValues.MaxRuns} *")
        : Text("what", value);

    /// <summary>A time that must be there, and not be after another.</summary>
    public static DateTimeOffset Before(string field, Timestamp? time, DateTimeOffset until) =>
        Time(field, time) is not { } since ? throw QueryFault.Invalid(field, "", "must be a time")
        : since > until ? throw QueryFault.Invalid(field, since.ToString("u"), $"must not be after until ({until:u})")
        : since;

    public static int PageSize(int size, string field = "page_size") => size switch
    {
        0 => DefaultPageSize,
        > 0 and <= MaxPageSize => size,
        _ => throw QueryFault.Invalid(field, size.ToString(global::System.Globalization.CultureInfo.InvariantCulture), $"must be 1 to {MaxPageSize}, or 0 for {DefaultPageSize}"),
    };

    public static string OneOf(string field, string value, string[] allowed) =>
        value.Length == 0 || allowed.Contains(value) ? value : throw QueryFault.Invalid(field, value, "must be one of " + string.Join(", ", allowed));

    private static Detection.Severity MinSeverity(Severity severity) =>
        global::System.Enum.IsDefined(severity)
            ? (Detection.Severity)(int)severity
            : throw QueryFault.Invalid("min_severity", ((int)severity).ToString(global::System.Globalization.CultureInfo.InvariantCulture), "must be a Severity of the API");

    public static DateTimeOffset? Time(string field, Timestamp? time)
    {
        try
        {
            return time?.ToDateTimeOffset();
        }
        catch (InvalidOperationException)
        {
            throw QueryFault.Invalid(field, $"{time!.Seconds} s, {time.Nanos} ns", "must be a time between the years 1 and 9999");
        }
    }

    private static ListFilter Range(ListFilter filter) =>
        filter is { Since: { } since, Until: { } until } && since > until
            ? throw QueryFault.Invalid("since", since.ToString("u"), $"must not be after until ({until:u})")
            : filter;
}
