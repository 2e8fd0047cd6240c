namespace Runtime.Collector.Web;

/// <summary>The parts of an item's key, as <see cref="Baselines.ItemKey"/> writes it.</summary>
internal static class ItemParts
{
    private const string Domain = "dns:";

    /// <summary>"/usr/bin/curl|dns:api.example.com|443|tcp": four parts. '|' and '%' within a part are %7C and %25. An older key may have fewer.</summary>
    public static string[] Of(string key) =>
        [.. key.Split('|').Select(part => part.Replace("%7C", "|", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal))];

    /// <summary>A peer without the mark of one whose name was looked up.</summary>
    public static string Peer(string part) => part.StartsWith(Domain, StringComparison.Ordinal) ? part[Domain.Length..] : part;
}
