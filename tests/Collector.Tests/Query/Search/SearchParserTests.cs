using System.Globalization;
using Runtime.Collector.Query.Search;
using Xunit;

namespace Runtime.Collector.Tests.Query.Search;

public sealed class SearchParserTests
{
    private static readonly DateTimeOffset Now = Sample.Noon;

    [Theory]
    [InlineData("", "everything")]
    [InlineData("  \t ", "everything")]
    [InlineData("xmrig", "text=xmrig")]
    [InlineData("10.0.0.9:443", "text=10.0.0.9:443")]
    [InlineData("binary:/tmp/*", "binary~/tmp/*")]
    [InlineData("binary:\"/tmp/*\"", "binary=/tmp/*")]
    [InlineData(@"binary:/tmp/\*", "binary=/tmp/*")]
    [InlineData(@"path:/a\ b,/c\,d", "path=/a b|path=/c,d")]
    [InlineData("path:\"/a, \\\"b\\\"\",/c", "path=/a, \"b\"|path=/c")]
    [InlineData("kind:exec pod:web", "(kind=exec & pod=web)")]
    [InlineData("kind:exec and pod:web", "(kind=exec & pod=web)")]
    [InlineData("kind:exec or pod:web", "(kind=exec | pod=web)")]
    [InlineData("kind:exec pod:a OR pod:b", "((kind=exec & pod=a) | pod=b)")]
    [InlineData("kind:exec (pod:a or pod:b)", "(kind=exec & (pod=a | pod=b))")]
    [InlineData("-kind:exec", "!kind=exec")]
    [InlineData("not kind:exec", "!kind=exec")]
    [InlineData("- -kind:exec not not pod:a", "(kind=exec & pod=a)")]
    [InlineData("not (pod:a pod:b)", "!(pod=a & pod=b)")]
    [InlineData("order:", null)]
    [InlineData("orange nothing", "(text=orange & text=nothing)")]
    [InlineData("\"or\"", "text=or")]
    [InlineData("name:API.Example.com", "name=api.example.com")]
    [InlineData("port:443", "port=443")]
    [InlineData("port:<=1023", "port<=1023")]
    [InlineData("port:1-1023", "port 1..1023")]
    [InlineData("evidence:>=1e3", "evidence>=1000")]
    [InlineData("severity:>=high", "severity>=4")]
    [InlineData("severity:HIGH,critical", "severity=4|severity=5")]
    [InlineData("since:7d", "since=2026-04-18T12:00:00Z")]
    [InlineData("since:1.5h", "since=2026-04-25T10:30:00Z")]
    [InlineData("since:2019-04-25", "since=2019-04-25T00:00:00Z")]
    [InlineData("since:2019-04-25T13:00", "since=2019-04-25T13:00:00Z")]
    [InlineData("since:2019-04-25T13:00:30+02:00", "since=2019-04-25T11:00:30Z")]
    [InlineData("last_seen:<30m", "last_seen>2026-04-25T11:30:00Z")]
    [InlineData("last_seen:>=2026-04-25", "last_seen>=2026-04-25T00:00:00Z")]
    [InlineData("new:true", "new=true")]
    [InlineData("address:203.0.113.9", "address ::ffff:203.0.113.9..::ffff:203.0.113.9")]
    [InlineData("address:10.1.2.3/8", "address ::ffff:10.0.0.0..::ffff:10.255.255.255")]
    [InlineData("address:2001:db8::/126", "address 2001:db8::..2001:db8::3")]
    [InlineData("address:0.0.0.0/0", "address ::ffff:0:0..::ffff:255.255.255.255")]
    [InlineData("deployment:shop/web since:7d severity:>=high image.registry:docker.io", "(deployment=shop/web & since=2026-04-18T12:00:00Z & severity>=4 & image.registry=docker.io)")]
    public void Parse_OfWhatCanBeAsked_UnderstandsIt(string query, string? expected)
    {
        if (expected is null)
        {
            Assert.Throws<SearchFaultException>(() => SearchParser.Parse(query, Now));
            return;
        }

        Assert.Equal(expected, Show(SearchParser.Parse(query, Now)));
    }

    /// <summary>Place, length and words of each fault.</summary>
    [Theory]
    [InlineData("bynary:/tmp/x", "0+6 there is no field \"bynary\"; did you mean \"binary\"?")]
    [InlineData("registry:docker.io", "0+8 there is no field \"registry\"; did you mean \"image.registry\"?")]
    [InlineData("http://x", "0+4 there is no field \"http\"")]
    [InlineData("kind:exec kind:exce", "15+4 kind: there is no \"exce\"; did you mean \"exec\"?")]
    [InlineData("kind:exec,,file", "10+1 kind: needs a value, such as kind:process")]
    [InlineData("binary:", "7+1 binary: needs a value")]
    [InlineData("binary: /x", "7+1 binary: needs a value")]
    [InlineData("pod:web \"abc", "8+4 this quote is never closed")]
    [InlineData("pod:\"a\"b", "7+1 a quoted text ends at its quote")]
    [InlineData("(pod:a", "0+1 this ( is never closed")]
    [InlineData("pod:a )x", "6+1 there is no ( that this closes")]
    [InlineData("()", "0+2 there is nothing between the parentheses")]
    [InlineData("pod:a or", "8+1 \"or\" needs a term on both sides")]
    [InlineData("or pod:a", "0+1 \"or\" needs a term on both sides")]
    [InlineData("pod:a -", "6+1 \"-\" and \"not\" need a term behind them")]
    [InlineData("port:http", "5+4 port: must be a number, as in port:1-1023")]
    [InlineData("port:9-1", "5+3 port: must be a number")]
    [InlineData("since:yesterday", "6+9 since: must be an age (30s, 10m, 12h, 7d, 2w) or a time (2026-04-25")]
    [InlineData("since:99999999d", "6+9 since: must be an age")]
    [InlineData("since:<7d", "6+3 since: takes no comparison: it is since:7d")]
    [InlineData("last_seen:7d", "10+2 last_seen: needs < or > before it, as in last_seen:<1h")]
    [InlineData("new:yes", "4+3 new: must be true or false")]
    [InlineData("severity:loud", "9+4 severity: must be one of info, low, medium, high, critical")]
    [InlineData("address:10", "8+2 address: must be an address or a network")]
    [InlineData("address:10.0.0.0/33", "8+11 address: must be an address or a network")]
    [InlineData("address:0x7f.0.0.1", "8+10 address: must be an address or a network")]
    [InlineData("address:fe80::1%eth0", "8+12 address: must be an address or a network")]
    [InlineData("deployment:a/b/c/d", "11+7 deployment: must be NAME, NAMESPACE/NAME")]
    [InlineData("path:*a*b*c*d*", "5+9 path: a value has at most 4 *")]
    [InlineData("pod:a\0b", "4+3 pod: a value has no NUL character")]
    [InlineData("sha256:ab severity:high", "10+13 no record has all of it: sha256 is of events, severity is of deviations, incidents")]
    [InlineData("type:event severity:high", "11+13 no record has all of it: type is event, severity is of deviations, incidents")]
    public void Parse_OfWhatCannotBeAsked_PointsAtThePlace(string query, string expected)
    {
        var refused = Assert.Throws<SearchFaultException>(() => SearchParser.Parse(query, Now));
        Assert.StartsWith(expected, Show(refused.Faults[0]), StringComparison.Ordinal);
        Assert.Single(refused.Faults);
    }

    [Fact]
    public void Parse_OfSeveralFaults_TellsAllInOrder()
    {
        var refused = Assert.Throws<SearchFaultException>(() => SearchParser.Parse("since:x bynary:/a,/b port:y (pod:", Now));
        Assert.Equal(["6+1", "8+6", "26+1", "28+1", "33+1"], refused.Faults.Select(fault => Show(fault).Split(' ')[0]));
    }

    [Fact]
    public void Parse_BeyondItsBounds_Refuses()
    {
        Assert.Contains("at most 2000 characters", Refusal(new string('x', 2001)), StringComparison.Ordinal);
        Assert.Contains("at most 256 characters", Refusal("pod:" + new string('x', 257)), StringComparison.Ordinal);
        Assert.Contains("at most 64 values", Refusal("port:" + string.Join(',', Enumerable.Range(1, 65))), StringComparison.Ordinal);
        Assert.Contains("at most 8 deep", Refusal(new string('(', 9) + "pod:x" + new string(')', 9)), StringComparison.Ordinal);
        Assert.NotNull(SearchParser.Parse(new string('(', 8) + "pod:x" + new string(')', 8), Now));
        Assert.NotNull(SearchParser.Parse(new string('-', 1990) + "pod:x", Now));
        Assert.Equal(SearchParser.MaxFaults, Assert.Throws<SearchFaultException>(() => SearchParser.Parse(string.Join(' ', Enumerable.Repeat("zzzzz:1", 200)), Now)).Faults.Count);

        static string Refusal(string query) => Assert.Throws<SearchFaultException>(() => SearchParser.Parse(query, Now)).Message;
    }

    [Theory]
    [InlineData("severity:high", "deviations, incidents")]
    [InlineData("deployment:web", "events, deviations, incidents")]
    [InlineData("binary:/x", "events, deviations")]
    [InlineData("-binary:/x", "events, deviations")]
    [InlineData("binary:/x or alerted:true", "events, deviations, incidents")]
    [InlineData("type:event,incident", "events, incidents")]
    [InlineData("-type:event", "deviations, incidents")]
    public void Types_AreThoseThatHaveEveryField(string query, string expected)
    {
        var root = SearchParser.Parse(query, Now)!;
        Assert.Equal(expected, string.Join(", ", new[] { RecordTypes.Events, RecordTypes.Deviations, RecordTypes.Incidents }.Where(root.MayFind).Select(SearchFields.Names)));
    }

    [Theory]
    [InlineData("*", "", true)]
    [InlineData("a*c", "abc", true)]
    [InlineData("a*c", "abcd", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("*ab*ab", "abxabab", true)]
    [InlineData("[a]", "a", false)]
    [InlineData("[a]", "[a]", true)]
    [InlineData("web", "web", true)]
    [InlineData("web", "webhook", false)]
    public void Pattern_MatchesWhole(string pattern, string text, bool expected) =>
        Assert.Equal(expected, new SearchPattern(pattern, [.. pattern.Select(letter => letter is '*' or '?')]).IsMatch(text));

    [Fact]
    public void Pattern_AsGlob_LeavesOnlyItsWildcards()
    {
        var pattern = Assert.Single(((SearchTerm)SearchParser.Parse(@"path:/a[b]\*?c*", Now)!).Values).Pattern!;
        Assert.Equal(("/a[[]b][*]?c*", "/a[b]*"), (pattern.Glob, pattern.Prefix));
    }

    internal static string Show(SearchNode? node) => node switch
    {
        null => "everything",
        SearchAnd and => $"({string.Join(" & ", and.Parts.Select(Show))})",
        SearchOr or => $"({string.Join(" | ", or.Parts.Select(Show))})",
        SearchNot not => "!" + Show(not.Part),
        SearchTerm term => string.Join("|", term.Values.Select(value => term.Field.Name + Show(term.Field, value))),
        _ => throw new InvalidOperationException(),
    };

    private static string Show(SearchField field, SearchValue value)
    {
        var sign = value.Comparison switch { Comparison.Less => "<", Comparison.LessOrEqual => "<=", Comparison.Greater => ">", Comparison.GreaterOrEqual => ">=", _ => "=" };
        return field.Type switch
        {
            SearchFieldType.Text or SearchFieldType.Name => value.Pattern!.IsExact ? "=" + value.Pattern.Prefix : "~" + value.Pattern.Glob,
            SearchFieldType.Number when value.To is { } to => $" {value.Number}..{to}",
            SearchFieldType.Number => sign + value.Number.ToString(CultureInfo.InvariantCulture),
            SearchFieldType.Severity => sign + value.Level,
            SearchFieldType.Time => sign + value.Time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            SearchFieldType.Flag => value.Flag ? "=true" : "=false",
            SearchFieldType.Address => $" {value.First}..{value.Last}",
            _ => "=" + value.Text,
        };
    }

    private static string Show(SearchFault fault) => $"{fault.Column}+{fault.Length} {fault.Message}";
}
