namespace Runtime.Collector.Inventory;

/// <summary>Parts of an image's reference, by the rules of the distribution specification and Docker's short forms.</summary>
/// <param name="Registry">Lower case, with its port; docker.io where the reference names none.</param>
/// <param name="Repository">"library/nginx" for docker.io's own.</param>
/// <param name="Tag">"latest" where the reference has neither tag nor digest; empty for one by digest alone.</param>
internal sealed record ImageName(string Registry, string Repository, string Tag)
{
    private const string Default = "docker.io";

    /// <summary>Never fails: what is no reference has its text as repository.</summary>
    public static ImageName Parse(string reference)
    {
        // localhost:5000/team/app:1.2@sha256:…   nginx   ghcr.io/x/y
        var name = reference;
        var digest = name.IndexOf('@', StringComparison.Ordinal);
        if (digest >= 0)
        {
            name = name[..digest];
        }

        var tag = digest >= 0 ? "" : "latest";
        var colon = name.LastIndexOf(':');
        if (colon > name.LastIndexOf('/'))
        {
            tag = name[(colon + 1)..];
            name = name[..colon];
        }

        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : name[..slash];
        var isRegistry = first.Contains('.', StringComparison.Ordinal) || first.Contains(':', StringComparison.Ordinal) || first == "localhost";
        var registry = isRegistry ? first.ToLowerInvariant() : Default;
        var repository = isRegistry ? name[(slash + 1)..] : name;
        if (registry is "index.docker.io" or "registry-1.docker.io")
        {
            registry = Default;
        }

        return new(registry, registry == Default && !repository.Contains('/', StringComparison.Ordinal) ? "library/" + repository : repository, tag);
    }
}
