using System.Runtime.CompilerServices;
using Runtime.Collector.Ingest;
using Runtime.Collector.Query;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Query.Search;

/// <summary>collector/Query/search.md, the parser and the store know the same fields.</summary>
public sealed class SearchFieldsTests
{
    private const string Update = "RUNTIME_UPDATE_SEARCH_TABLE";
    private const string Begin = "<!-- fields, by SearchFieldsTests -->\n", End = "<!-- end of fields -->\n";

    [Fact]
    public void Table_OfAllFields_EqualsTheCommittedFile()
    {
        var file = Path.Combine(RepositoryRoot(), "collector", "Query", "search.md");
        var text = File.ReadAllText(file);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        Assert.True(begin > 0 && end > begin, $"{file} has lost its marks");
        var expected = text[..(begin + Begin.Length)] + SearchFields.Table() + text[end..];
        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            File.WriteAllText(file, expected);
        }

        Assert.True(File.ReadAllText(file) == expected, $"collector/Query/search.md is not what SearchFields says; run this test once with {Update}=1");
    }

    [Fact]
    public void Examples_OfAllFields_CanBeAsked() =>
        Assert.All(SearchFields.All, field => Assert.Equal(field, Assert.Single(SearchParser.Parse(field.Example, Sample.Noon)!.Terms).Field));

    /// <summary>A field without a column would be found out by the first person who asks for it.</summary>
    [Fact]
    public void Fields_OfEachType_HaveAColumn()
    {
        foreach (var field in SearchFields.All)
        {
            var term = SearchParser.Parse(field.Example, Sample.Noon)!;
            foreach (var type in new[] { RecordTypes.Events, RecordTypes.Deviations, RecordTypes.Incidents }.Where(type => (field.Of & type) != 0))
            {
                Assert.NotEmpty(new SearchSql(type, new(() => []), null).Where(term));
            }
        }
    }

    [Fact]
    public void Operations_AreThoseOfTheObservations()
    {
        string[] all = [.. Names<FileOperation>(), .. Names<NetworkOperation>(), .. Names<PrivilegeOperation>(), .. Names<ManagedOperation>()];
        Assert.Equal(all.Distinct().Order(StringComparer.Ordinal), SearchOperations.All);

        static IEnumerable<string> Names<T>()
            where T : struct, Enum => Enum.GetNames<T>().Where(name => name != "Unknown").Select(EventText.Snake);
    }

    private static string RepositoryRoot([CallerFilePath] string source = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(source)!, "..", "..", "..", ".."));
}
