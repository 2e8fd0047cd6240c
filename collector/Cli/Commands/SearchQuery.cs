using System.CommandLine;
using System.CommandLine.Completions;
using Runtime.Collector.Query.Search;

namespace Runtime.Cli.Commands;

/// <summary>A query of the search language as arguments, with its completion.</summary>
internal static class SearchQuery
{
    /// <summary>Several arguments are one query with spaces between.</summary>
    public static Argument<string[]> Argument(string description, Func<SearchField, bool>? takes = null)
    {
        var query = new Argument<string[]>("QUERY") { Description = description, Arity = ArgumentArity.ZeroOrMore };
        query.CompletionSources.Add(context => Completions(context.WordToComplete, takes ?? (_ => true)).Select(word => new CompletionItem(word)));
        return query;
    }

    public static string Of(ParseResult parsed, Argument<string[]> query) => string.Join(' ', parsed.GetValue(query) ?? []);

    /// <summary>Fields, and behind a colon what a choice may be.</summary>
    internal static IEnumerable<string> Completions(string word, Func<SearchField, bool> takes)
    {
        var sign = word.StartsWith('-') ? "-" : "";
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return SearchFields.All.Where(takes).Select(field => $"{sign}{field.Name}:");
        }

        if (SearchFields.Find(word[sign.Length..colon]) is not { } field || !takes(field))
        {
            return [];
        }

        // The values that are there already stay: kind:exec,ex
        var behind = word[..(Math.Max(colon, word.LastIndexOf(',')) + 1)];
        IEnumerable<string> values = field.Type == SearchFieldType.Flag ? ["true", "false"]
            : field.Type == SearchFieldType.Severity ? [.. field.Choices, .. field.Choices.Select(level => ">=" + level)]
            : field.Choices;
        return values.Select(value => behind + value);
    }
}
