using Runtime.Collector.Ingest;

namespace Runtime.Collector.Baselines;

/// <summary>Names of peers as parts of keys.</summary>
/// <remarks>
/// API.Example.com.                          → api.example.com             DNS does not tell cases apart
/// ec2-3-4-5-6.eu-west-1.compute.example.com → &lt;rand&gt;.eu-west-1.compute.example.com
/// d111111abcdef8.cloudfront.net             → unchanged: the last three labels are who owns the name, and random ones can be bought
/// *.example.com                             → unchanged: the agent folds a container's names after the first 256
/// </remarks>
internal static class PeerNames
{
    /// <summary>Labels at the end that are never typed: a public suffix of one or two, and the one below it.</summary>
    private const int OwnersLabels = 3;

    /// <summary>Names of one program below one domain before they are one behaviour.</summary>
    public const int DistinctBelowDomain = 16;

    /// <summary>Learnt names that one program connects to on one port before its peers are the internet: a crawler, a sender of webhooks.</summary>
    public const int DistinctPeers = 64;

    public const string Prefix = "dns:";
    public const string AnyName = "dns:*";

    /// <summary>Room that <see cref="Fold"/> needs: RFC 1035 allows 255 characters, and a typed label is never longer than what it stands for by more than 5.</summary>
    public const int FoldedLength = 1024;

    /// <summary>
    /// Whether the peer is known by a name that was looked up. What the client itself calls the server may be any name, and so may the one behind
    /// an answer of the own pod.
    /// </summary>
    public static bool IsNamed(NetworkObservation network, PeerKind peer) =>
        network.Name.Length > 0 && (network.Flags & NetworkFlags.NameFromSni) == 0 && peer is PeerKind.Public or PeerKind.Private or PeerKind.LinkLocal
        && !(peer == PeerKind.Private && Varies(network.Name));

    /// <summary>A name in small letters, with the labels typed that vary below its owner's.</summary>
    public static ReadOnlySpan<char> Fold(ReadOnlySpan<char> name, Span<char> target)
    {
        name = name.TrimEnd('.');
        if (name.Length > MaxName)
        {
            name = name[^MaxName..];
        }

        var labels = name.Count('.') + 1;
        var length = 0;
        foreach (var range in name.Split('.'))
        {
            var label = name[range];
            if (length > 0)
            {
                target[length++] = '.';
            }

            if (labels-- > OwnersLabels && TypeOf(label) is { } type)
            {
                type.CopyTo(target[length..]);
                length += type.Length;
            }
            else
            {
                length += label.ToLowerInvariant(target[length..]);
            }
        }

        return target[..length];
    }

    /// <summary>What is behind the first dot: "example.com" of "api.example.com"; empty for a name of two labels or less.</summary>
    public static ReadOnlySpan<char> Domain(ReadOnlySpan<char> name)
    {
        var domain = name[(name.IndexOf('.') + 1)..];
        return domain.Length < name.Length && domain.Contains('.') ? domain : [];
    }

    private const int MaxName = 255;

    /// <summary>As a path's segment, or an address or a date in numbers: three of them between hyphens.</summary>
    private static string? TypeOf(ReadOnlySpan<char> label)
    {
        if (VaryingPath.TypeOf(label) is { } type)
        {
            return type;
        }

        var numbers = 0;
        foreach (var range in label.Split('-'))
        {
            numbers += label[range].Length > 0 && !label[range].ContainsAnyExceptInRange('0', '9') ? 1 : 0;
        }

        return numbers >= 3 ? "<rand>" : null;
    }

    /// <summary>A node's or a pod's generated name: its network tells more.</summary>
    private static bool Varies(ReadOnlySpan<char> name)
    {
        foreach (var range in name.Split('.'))
        {
            if (TypeOf(name[range]) is not null)
            {
                return true;
            }
        }

        return false;
    }
}
