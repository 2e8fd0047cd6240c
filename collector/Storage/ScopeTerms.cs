using Runtime.Collector.Inventory;
using Runtime.Collector.Query.Search;

namespace Runtime.Collector.Storage;

/// <summary>Which scopes fit a term. Decided here and not in SQL: a scope's id is one text in the store, and there are as many as deployments.</summary>
internal static class ScopeTerms
{
    public static bool IsOne(SearchField field) => field.Name is "deployment" or "cluster" or "namespace" or "workload" or "container";

    /// <returns>The id of the one scope that a term names whole; null for every other term.</returns>
    public static string? IdOf(SearchTerm term) =>
        term is { Field.Name: "deployment", Values: [{ Pattern: { IsExact: true } pattern }] } && pattern.Split('/').Count == 5 ? pattern.Prefix : null;

    public static bool Fits(Scope scope, SearchTerm term) => term.Values.Any(value => term.Field.Name switch
    {
        "cluster" => value.Pattern!.IsMatch(scope.Cluster),
        "namespace" => value.Pattern!.IsMatch(scope.Namespace),
        "workload" => value.Pattern!.IsMatch(scope.OwnerKind.ToLowerInvariant()),
        "container" => value.Pattern!.IsMatch(scope.Container),
        _ => FitsDeployment(scope, value.Pattern!.Split('/')),
    });

    /// <summary>Of questions about deployments and their images alone.</summary>
    /// <param name="images">References that its containers had; asked for where a term needs them.</param>
    public static bool Fits(SearchNode? node, Scope scope, Lazy<IReadOnlyList<string>> images) => node switch
    {
        null => true,
        SearchAnd and => and.Parts.All(part => Fits(part, scope, images)),
        SearchOr or => or.Parts.Any(part => Fits(part, scope, images)),
        SearchNot not => !Fits(not.Part, scope, images),
        SearchTerm term when IsOne(term.Field) => Fits(scope, term),
        SearchTerm term => images.Value.Any(reference => term.Values.Any(value => value.Pattern!.IsMatch(PartOf(reference, term.Field.Name)))),
        _ => throw new ArgumentOutOfRangeException(nameof(node), node.GetType().Name, "no such node"),
    };

    private static string PartOf(string reference, string field) => field switch
    {
        "image" => reference,
        "image.registry" => ImageName.Parse(reference).Registry,
        "image.repository" => ImageName.Parse(reference).Repository,
        "image.tag" => ImageName.Parse(reference).Tag,
        _ => throw new ArgumentOutOfRangeException(nameof(field), field, "no part of a deployment's images"),
    };

    private static bool FitsDeployment(Scope scope, IReadOnlyList<SearchPattern> parts) => parts switch
    {
        [var name] => name.IsMatch(scope.OwnerName),
        [var space, var name] => space.IsMatch(scope.Namespace) && name.IsMatch(scope.OwnerName),
        [var space, var name, var container] => space.IsMatch(scope.Namespace) && name.IsMatch(scope.OwnerName) && container.IsMatch(scope.Container),

        // As ids are written, where a part that is empty is a dash.
        _ => parts.Zip(scope.Id.Split('/')).All(part => part.First.IsMatch(part.Second)),
    };
}
