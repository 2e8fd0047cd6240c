using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Runtime.Collector.Security;

namespace Runtime.Collector.Web.Access;

/// <summary>TLS of the page: 1.2 or newer, with a certificate that is read again when its files change. Browsers have none: who asks is told by the session.</summary>
internal static class PageTls
{
    /// <summary>Key of the page's <see cref="Certificates"/>, beside those of the other TLS door.</summary>
    public const string Key = "page";

    /// <exception cref="AccessException">The files cannot be used.</exception>
    public static void Add(WebApplicationBuilder builder, CertificateFiles files)
    {
        var first = CertificateSnapshot.Read(files);
        builder.Services.AddKeyedSingleton(Key, (provider, _) => ActivatorUtilities.CreateInstance<Certificates>(provider, files, first));

        // Not AddHostedService, which takes a second one of a type for the first.
        builder.Services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<Certificates>(Key));
        builder.WebHost.UseKestrelHttpsConfiguration();
    }

    public static void Use(ListenOptions listen, IServiceProvider services)
    {
        var certificates = services.GetRequiredKeyedService<Certificates>(Key);
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = certificates.Current.Server,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                ApplicationProtocols = [SslApplicationProtocol.Http11],
            }),
            HandshakeTimeout = TimeSpan.FromSeconds(10),
        });
    }
}
