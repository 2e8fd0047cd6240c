using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Runtime.Collector.Security;

/// <summary>The TCP endpoint: TLS 1.2 or newer, a client certificate of our authority, and a role named by it; where tokens are taken, a connection may be without one.</summary>
internal static class TlsDoor
{
    // RFC 5280 4.2.1.12, id-kp-clientAuth: a certificate for servers must not act as an agent.
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    public static void Use(ListenOptions listen, Certificates certificates, Refusals refusals, AccessOptions options)
    {
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(Handshake(certificates.Current, refusals, options.TokenReview.Enabled)),
            HandshakeTimeout = TimeSpan.FromSeconds(10),
        });
        listen.Use(next => connection =>
        {
            if (connection.Features.Get<ITlsConnectionFeature>()?.ClientCertificate is not { } certificate)
            {
                if (!options.TokenReview.Enabled)
                {
                    throw new InvalidOperationException("a TLS connection without a client certificate came past the handshake");
                }

                connection.Features.Set(TokenDoor.Here);
                return next(connection);
            }

            var caller = CertificateRoles.CallerOf(certificate, options.AgentCertificate);
            if (caller.Roles == CallerRoles.None)
            {
                refusals.Add("role", $"the certificate {caller.Who} names no role: it needs a URI spiffe://…/agent/… or spiffe://…/operator/…, or OU=agent or OU=operator (or analyst, viewer)");
                connection.Abort();
                return Task.CompletedTask;
            }

            connection.Features.Set(caller);
            return next(connection);
        });
    }

    /// <summary>Made anew for each connection, so that replaced files count from the next one on.</summary>
    private static SslServerAuthenticationOptions Handshake(CertificateSnapshot current, Refusals refusals, bool mayBeWithout)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(current.ClientAuthorities);
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = current.Server,
            ClientCertificateRequired = true,
            CertificateChainPolicy = policy,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                if (certificate is null ? mayBeWithout : errors == SslPolicyErrors.None)
                {
                    return true;
                }

                var why = chain?.ChainStatus.Select(status => status.StatusInformation.Trim()).Where(text => text.Length > 0).Distinct() ?? [];
                refusals.Add("certificate", certificate is null
                    ? "the client has no certificate"
                    : $"the client's certificate {certificate.Subject} is not good: {errors}; {string.Join("; ", why)}");
                return false;
            },
        };
    }
}
