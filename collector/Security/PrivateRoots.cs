using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Runtime.Collector.Security;

/// <summary>Connections to a server whose certificate an authority of the operator's own signed.</summary>
internal static class PrivateRoots
{
    /// <param name="setting">For words: "Web:Oidc:CaFile".</param>
    /// <param name="path">PEM file; then no other authority is trusted. Empty: those of the system.</param>
    /// <exception cref="AccessException">The file cannot be used.</exception>
    public static SocketsHttpHandler Handler(string setting, string path)
    {
        // What is asked answers itself: a server that sends us elsewhere is not the one that was set.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(5), PooledConnectionLifetime = TimeSpan.FromMinutes(10) };
        if (path.Length == 0)
        {
            return handler;
        }

        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new AccessException($"{setting} = \"{path}\": must be PEM certificates: {e.Message}", e);
        }

        if (policy.CustomTrustStore.Count == 0)
        {
            throw new AccessException($"{setting} = \"{path}\": must hold at least one PEM certificate");
        }

        handler.SslOptions.CertificateChainPolicy = policy;
        return handler;
    }
}
