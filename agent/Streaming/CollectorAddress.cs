using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace Runtime.Agent.Streaming;

/// <summary>Where the collector is, and what proves both sides to each other.</summary>
internal sealed record CollectorOptions
{
    /// <summary>unix:/absolute/path (the socket's owner and mode say who may speak), or https://host:port.</summary>
    public string Address { get; init; } = "unix:/run/runtime/collector.sock";

    /// <summary>PEM, the agent's certificate with its intermediates; needed for https. Read anew at each connection.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>PEM, not encrypted.</summary>
    public string Key { get; init; } = "";

    /// <summary>PEM, the authorities that may have signed the collector's certificate; the system's when empty.</summary>
    public string Ca { get; init; } = "";

    public IEnumerable<string> Faults()
    {
        if (UnixPath is { } path)
        {
            if (!path.StartsWith('/') || global::System.Text.Encoding.UTF8.GetByteCount(path) > 107)
                yield return $"Collector:Address is \"{Address}\": behind unix: stands an absolute path of at most 107 bytes (unix(7))";
            yield break;
        }
        if (!Uri.TryCreate(Address, UriKind.Absolute, out var uri) || uri.Scheme != "https" || uri.PathAndQuery != "/")
        {
            yield return $"Collector:Address is \"{Address}\": it must be unix:/absolute/path or https://host:port (there is no way without TLS over the network)";
            yield break;
        }
        if (Certificate.Length == 0)
            yield return "Collector:Certificate is \"\": over the network the agent needs a client certificate; give the path of a PEM file";
        if (Key.Length == 0)
            yield return "Collector:Key is \"\": over the network the agent needs its certificate's key; give the path of a PEM file";
    }

    /// <summary>Null when the address is no unix socket.</summary>
    public string? UnixPath => Address.StartsWith("unix:", StringComparison.Ordinal) ? Address["unix:".Length..] : null;
}

/// <summary>Makes connections to the collector.</summary>
internal static class CollectorAddress
{
    /// <exception cref="IOException">A certificate file cannot be read.</exception>
    /// <exception cref="CryptographicException">A certificate file does not hold what it should.</exception>
    public static GrpcChannel Connect(CollectorOptions options, TimeSpan keepAlive, int maxReceiveBytes = 4 * 1024 * 1024)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            KeepAlivePingDelay = keepAlive,
            KeepAlivePingTimeout = keepAlive,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.Always,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
        };
        var address = options.Address;
        if (options.UnixPath is { } path)
        {
            // The name is never looked up: the socket is the address.
            address = "http://collector";
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }
        else
        {
            handler.SslOptions = Tls(options);
        }
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, ThrowOperationCanceledOnCancellation = true, MaxReceiveMessageSize = maxReceiveBytes });
    }

    private static SslClientAuthenticationOptions Tls(CollectorOptions options)
    {
        var chain = new X509Certificate2Collection();
        chain.ImportFromPemFile(options.Certificate);
        var tls = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateContext = SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(options.Certificate, options.Key), chain, offline: true),
        };
        if (options.Ca.Length > 0)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(options.Ca);
            if (authorities.Count == 0)
                throw new CryptographicException($"{options.Ca} holds no certificate");
            tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        return tls;
    }
}
