using System.Collections.Frozen;
using System.IO.Enumeration;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Rules;

/// <summary>Rules as they were in a file at one moment. Immutable; any thread.</summary>
internal sealed class RuleSet
{
    private static readonly Lazy<RuleSet> _builtIn = new(RulesFile.ParseBuiltIn);

    /// <summary>collector/Rules/default.yaml.</summary>
    public static RuleSet BuiltIn => _builtIn.Value;

    /// <summary>The file's name, or "built-in".</summary>
    public required string Source { get; init; }

    /// <summary>Of the file's content, 12 hex digits.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Names of facts, of <see cref="TierZero.All"/>.</summary>
    public required FrozenSet<string> Off { get; init; }

    /// <summary>Names without folder, letters' case ignored.</summary>
    public required FrozenSet<string> MinerPrograms { get; init; }

    /// <summary>Names without folder, letters' case ignored.</summary>
    public required FrozenSet<string> BadPrograms { get; init; }

    /// <summary>Lower case, without the closing dot; each stands for what is below it too.</summary>
    public required FrozenSet<string> PoolDomains { get; init; }
    public required FrozenSet<int> PoolPorts { get; init; }

    public required PathPatterns BadPaths { get; init; }

    /// <summary>In the file's order: the first that holds counts.</summary>
    public required IReadOnlyList<OwnFact> Own { get; init; }

    public bool IsOn(string fact) => !Off.Contains(fact);

    public bool IsPoolPort(int port) => PoolPorts.Contains(port);

    /// <summary>Asked for every connection of a known peer too: without an allocation.</summary>
    public bool IsMinerProgram(string binary) => HoldsName(MinerPrograms, binary);

    public bool IsBadProgram(string binary) => binary.Length > 0 && HoldsName(BadPrograms, binary);

    public bool IsBadPath(string path) => path.Length > 0 && BadPaths.Match(path);

    /// <summary>"XMR.Pool.Example.Org." is below "pool.example.org"; "notpool.example.org" is not.</summary>
    public bool IsPoolName(string name)
    {
        if (name.Length > 253 + 1)
        {
            return false;
        }

        Span<char> lower = stackalloc char[name.Length];
        name.AsSpan().ToLowerInvariant(lower);
        var domains = PoolDomains.GetAlternateLookup<ReadOnlySpan<char>>();
        for (ReadOnlySpan<char> rest = lower.TrimEnd('.'); !rest.IsEmpty;)
        {
            if (domains.Contains(rest))
            {
                return true;
            }

            var dot = rest.IndexOf('.');
            rest = dot < 0 ? [] : rest[(dot + 1)..];
        }

        return false;
    }

    public TierZeroFact? OwnFact(Observation observation)
    {
        foreach (var fact in Own)
        {
            if (fact.Holds(observation))
            {
                return fact.Of(observation);
            }
        }

        return null;
    }

    /// <summary>The whole text: '*' is any text, '?' any character, a backslash takes the next one as it is.</summary>
    public static bool Matches(string pattern, string text, bool ignoreCase = false) => FileSystemName.MatchesSimpleExpression(pattern, text, ignoreCase);

    private static bool HoldsName(FrozenSet<string> names, string path) => names.GetAlternateLookup<ReadOnlySpan<char>>().Contains(path.AsSpan(path.LastIndexOf('/') + 1));
}
