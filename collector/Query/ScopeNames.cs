using Runtime.Collector.Inventory;

namespace Runtime.Collector.Query;

/// <summary>Finds the scope that people mean by a short form: "web", "shop/web", "shop/web/app", or the whole id.</summary>
internal sealed class ScopeNames(IQueryStore store)
{
    // Enough for a person to pick from.
    private const int MaxCandidates = 10;

    /// <summary>The one scope that the words fit best.</summary>
    /// <exception cref="QueryFault">None, or several that fit equally well; the message lists them.</exception>
    public async Task<string> ResolveAsync(string words, CancellationToken cancellationToken)
    {
        if (words.Length == 0)
        {
            throw QueryFault.Invalid("scope", words, "must be a scope id or a part of one, such as \"web\" or \"shop/web\"");
        }

        if ((await store.FindScopesAsync(words, cancellationToken)).FirstOrDefault(id => id == words) is { } exact)
        {
            return exact;
        }

        var best = await BestAsync(words, cancellationToken);
        return best.Count switch
        {
            0 => throw new QueryFault(QueryFaultKind.NotFound, $"scope = \"{words}\": no deployment is known by this name; ListDeployments has them all"),
            1 => best[0],
            _ => throw QueryFault.Invalid("scope", words, $"fits several deployments; give more of the name: {string.Join(", ", best.Take(MaxCandidates))}{(best.Count > MaxCandidates ? ", …" : "")}"),
        };
    }

    /// <summary>For lists: a single word stays what it is (any part of an id); several parts must mean one scope.</summary>
    /// <exception cref="QueryFault">As <see cref="ResolveAsync"/>.</exception>
    public Task<string> ForListAsync(string words, CancellationToken cancellationToken) =>
        words.Contains('/', StringComparison.Ordinal) ? ResolveAsync(words, cancellationToken) : Task.FromResult(words);

    private async Task<List<string>> BestAsync(string words, CancellationToken cancellationToken)
    {
        var parts = words.Split('/');

        // Bounded by the scopes that share the rarest-looking part; what stays has passed Fit.
        List<string> best = [];
        var bestFit = int.MaxValue;
        var filter = new ListFilter(RequestRules.MaxPageSize, Scope: parts.MaxBy(part => part.Length)!);
        do
        {
            var page = await store.ListScopesAsync(filter, cancellationToken);
            foreach (var scope in page.Items)
            {
                var fit = Fit(Scope.Parse(scope.ScopeId), parts);
                if (fit < bestFit)
                {
                    best.Clear();
                    bestFit = fit;
                }

                if (fit == bestFit && fit != int.MaxValue)
                {
                    best.Add(scope.ScopeId);
                }
            }

            filter = filter with { PageToken = page.NextPageToken };
        }
        while (filter.PageToken.Length > 0);

        return best;
    }

    /// <summary>0: the owner is called so. 1: whole parts are equal, in order. 2: parts contain the words, in order. MaxValue: no fit.</summary>
    internal static int Fit(Scope scope, string[] words)
    {
        string[] parts = [scope.Cluster, scope.Namespace, scope.OwnerKind, scope.OwnerName, scope.Container];
        if (InOrder(parts, words, string.Equals))
        {
            // "web" is rather the deployment web than another deployment's container of that name.
            var upToOwner = parts[..4];
            return InOrder(upToOwner, words, string.Equals) && words[^1] == scope.OwnerName ? 0 : 1;
        }

        return InOrder(parts, words, (part, word) => part.Contains(word, StringComparison.OrdinalIgnoreCase)) ? 2 : int.MaxValue;
    }

    private static bool InOrder(string[] parts, string[] words, Func<string, string, bool> same)
    {
        var next = 0;
        foreach (var part in parts)
        {
            if (next < words.Length && same(part, words[next]))
            {
                next++;
            }
        }

        return next == words.Length;
    }
}
