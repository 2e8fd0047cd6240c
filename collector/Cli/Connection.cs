using System.Net.Http;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Runtime.V1;

namespace Runtime.Cli;

/// <summary>A channel to one collector, and words for why it cannot be reached.</summary>
internal sealed class Connection : IDisposable
{
    private static readonly TimeSpan _answerLimit = TimeSpan.FromSeconds(60);

    private readonly GrpcChannel _channel;
    private readonly string _place;

    // Absent for TLS.
    private readonly string? _socket;

    private Connection(string address, HttpMessageHandler handler, string place, string? socket)
    {
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = 64 * 1024 * 1024 });
        _place = place;
        _socket = socket;
        Query = new Query.QueryClient(_channel);
        Alerts = new Alerts.AlertsClient(_channel);
        Web = new Web.WebClient(_channel);
    }

    public Query.QueryClient Query { get; }
    public Alerts.AlertsClient Alerts { get; }
    public Web.WebClient Web { get; }

    public static Connection OverSocket(string path) => new(
        "http://localhost",
        Limited(new()
        {
            ConnectCallback = async (_, cancellationToken) =>
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
            },
        }),
        $"unix:{path}",
        path);

    /// <exception cref="UsageException">The address or a file does not fit.</exception>
    public static Connection OverTls(string server, string? certificate, string? key, string? authority, string? tokenFile)
    {
        if (!Uri.TryCreate(server, UriKind.Absolute, out var address) || address.Scheme != "https")
        {
            throw new UsageException($"--server {server}: must be https://HOST:PORT");
        }

        if (authority is null || (tokenFile is null ? certificate is null || key is null : certificate is not null || key is not null))
        {
            throw new UsageException("--server needs --ca, and either --cert and --key or --token-file: the collector lets nobody in who does not show who he is");
        }

        try
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(authority);
            if (tokenFile is not null)
            {
                var token = File.ReadAllText(tokenFile).Trim();
                return new(address.GetLeftPart(UriPartial.Authority), new TokenHandler(token) { InnerHandler = Limited(new() { SslOptions = new() { CertificateChainPolicy = policy } }) }, address.Authority, null);
            }

            // A key that lives only in memory is not found by the TLS layer on some platforms; the PKCS #12 round trip makes it one that is.
            using var pem = X509Certificate2.CreateFromPemFile(certificate!, key);
            var own = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
            var handler = new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { ClientCertificates = [own], CertificateChainPolicy = policy } };
            return new(address.GetLeftPart(UriPartial.Authority), Limited(handler), address.Authority, null);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{(tokenFile is null ? $"--cert {certificate}, --key {key}" : $"--token-file {tokenFile}")}, --ca {authority}: {e.Message}");
        }
    }

    /// <summary>One answer.</summary>
    /// <exception cref="ConnectionException">No collector answered.</exception>
    /// <exception cref="RpcException">It answered with a fault.</exception>
    public Task<T> AskAsync<T>(Func<Query.QueryClient, CallOptions, AsyncUnaryCall<T>> ask, CancellationToken cancellationToken) =>
        AskAsync(options => ask(Query, options), cancellationToken);

    /// <summary>The same of any of the services.</summary>
    /// <exception cref="ConnectionException">No collector answered.</exception>
    /// <exception cref="RpcException">It answered with a fault.</exception>
    public async Task<T> AskAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            using var call = ask(new CallOptions(deadline: DateTime.UtcNow + _answerLimit, cancellationToken: cancellationToken));
            return await call.ResponseAsync;
        }
        catch (RpcException e)
        {
            throw Told(e, cancellationToken);
        }
    }

    public async IAsyncEnumerable<T> StreamAsync<T>(
        Func<Query.QueryClient, CallOptions, AsyncServerStreamingCall<T>> ask, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var call = ask(Query, new CallOptions(cancellationToken: cancellationToken));
        while (await NextAsync(call, cancellationToken))
        {
            yield return call.ResponseStream.Current;
        }
    }

    private static SocketsHttpHandler Limited(SocketsHttpHandler handler)
    {
        handler.ConnectTimeout = TimeSpan.FromSeconds(10);
        return handler;
    }

    public void Dispose() => _channel.Dispose();

    private async Task<bool> NextAsync<T>(AsyncServerStreamingCall<T> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call.ResponseStream.MoveNext(cancellationToken);
        }
        catch (RpcException e)
        {
            throw Told(e, cancellationToken);
        }
    }

    private Exception Told(RpcException e, CancellationToken cancellationToken)
    {
        if (e.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
        {
            return new OperationCanceledException(cancellationToken);
        }

        if (e.StatusCode == StatusCode.DeadlineExceeded)
        {
            return new ConnectionException($"the collector at {_place} did not answer within {_answerLimit.TotalSeconds:0} s", e);
        }

        // Without words it was the door's rule and not a method's.
        if ((e.StatusCode is StatusCode.Unauthenticated && e.Status.Detail is "" or "Bad gRPC response. HTTP status code: 401") || (e.StatusCode is StatusCode.PermissionDenied && e.Status.Detail is "" or "Bad gRPC response. HTTP status code: 403"))
        {
            return new ConnectionException($"the collector at {_place} does not let you {(_socket is null ? "ask: your certificate needs the role operator, or analyst or viewer for less (URI spiffe://…/operator/NAME or OU=operator)" : "do this: it is for root and the collector's own user")}", e);
        }

        // Faults that the collector answered carry no exception of this side.
        return e.Status.DebugException is null ? e : new ConnectionException($"cannot reach the collector at {_place}: {Why(e.Status.DebugException)}", e);
    }

    private string Why(Exception fault)
    {
        var reason = fault.GetBaseException();
        if (_socket is null)
        {
            return $"{reason.Message}\nIs it running with Listen:Tcp, and did its authority sign your certificate?";
        }

        return reason switch
        {
            SocketException { SocketErrorCode: SocketError.AccessDenied } =>
                $"you ({Environment.UserName}) may not open the socket\nBe root, or a member of the group that the collector's setting Listen:Group names (a new membership counts from the next login).",
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } =>
                "nothing listens on the socket\nThe collector was there and is gone: see its log (journalctl -u runtime-collector).",
            SocketException when !File.Exists(_socket) =>
                "there is no such socket\nIs the collector running? Does its setting Listen:Socket name this path (--socket PATH)?",
            _ => $"it closed the connection ({reason.Message})\nYou ({Environment.UserName}) must be root, the collector's user, or a member of the group that its setting Listen:Group names.",
        };
    }
}

/// <summary>Shows a token with each request.</summary>
internal sealed class TokenHandler(string token) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new("Bearer", token);
        return base.SendAsync(request, cancellationToken);
    }
}
