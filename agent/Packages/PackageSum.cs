using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Runtime.Agent.Packages;

/// <summary>The sums of package databases that are not the SHA-256 which every file gets. They only find what differs.</summary>
internal static class PackageSum
{
    private static readonly Lazy<bool> IsMd5There = new(() => Try(SumKind.Md5)), IsSha1There = new(() => Try(SumKind.Sha1));

    /// <summary>It can be computed beside SHA-256. False where the machine forbids the algorithm, as FIPS mode does MD5.</summary>
    public static bool IsThere(SumKind kind) => kind switch
    {
        SumKind.Md5 => IsMd5There.Value,
        SumKind.Sha1 => IsSha1There.Value,
        _ => false,
    };

    /// <returns>Null when nothing is to be computed, or it cannot be.</returns>
    public static IncrementalHash? Begin(SumKind kind) => IsThere(kind) ? Create(kind) : null;

    [SuppressMessage("Security", "CA5350", Justification = "the databases' own sums")]
    [SuppressMessage("Security", "CA5351", Justification = "the databases' own sums")]
    private static IncrementalHash Create(SumKind kind) => IncrementalHash.CreateHash(kind == SumKind.Md5 ? HashAlgorithmName.MD5 : HashAlgorithmName.SHA1);

    private static bool Try(SumKind kind)
    {
        try
        {
            using var sum = Create(kind);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            return false;
        }
    }
}
