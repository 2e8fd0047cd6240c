using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Runtime.Collector.Notifiers;

/// <summary>Which authorities may vouch for a receiver, where it is not the system's. No revocation is asked for: such authorities seldom publish any.</summary>
internal static class ReceiverTrust
{
    /// <summary>Of a private authority's certificates only those for servers count, not every client's.</summary>
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Null when the file holds at least one certificate.</summary>
    public static string? Fault(string file) => TryRead(file, out _, out var words) ? null : words;

    /// <param name="file">PEM; read now. Empty: the system's authorities, and <paramref name="policy"/> is null.</param>
    /// <param name="words">Why not, for people.</param>
    public static bool TryPolicy(string file, out X509ChainPolicy? policy, out string words)
    {
        policy = null;
        words = "";
        if (file.Length == 0)
        {
            return true;
        }

        if (!TryRead(file, out var authorities, out words))
        {
            return false;
        }

        policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        return true;
    }

    /// <summary>For a client that only offers a callback: the name was checked already, the chain is built anew.</summary>
    public static bool Accepts(X509ChainPolicy policy, X509Certificate? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 server || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return false;
        }

        using var chain = new X509Chain { ChainPolicy = policy };
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }

        return chain.Build(server);
    }

    private static bool TryRead(string file, out X509Certificate2Collection authorities, out string words)
    {
        authorities = [];
        if (!SecretFiles.TryRead(file, out var text, out words))
        {
            return false;
        }

        try
        {
            authorities.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            // Told below: what is no certificate is as good as none.
        }

        words = authorities.Count > 0 ? "" : "holds no certificate in PEM";
        return authorities.Count > 0;
    }
}
