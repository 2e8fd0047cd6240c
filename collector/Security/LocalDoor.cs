using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Runtime.Collector.Security;

/// <summary>
/// The unix socket: accepts, asks the kernel who is there, and hands the connection to the protocol that its first
/// bytes speak. Refused peers are closed before a byte of theirs is read.
/// </summary>
internal sealed partial class LocalDoor(LocalAdmission admission, Refusals refusals, TimeProvider time, IHostApplicationLifetime lifetime, ILoggerFactory loggers) : IAsyncDisposable
{
    // Between accept and the first bytes. A client that waits is either broken or holds places on purpose.
    private const int MaxUndecided = 128;
    private static readonly TimeSpan _firstBytesLimit = TimeSpan.FromSeconds(10);

    private readonly ILogger _logger = loggers.CreateLogger<LocalDoor>();
    private readonly CancellationTokenSource _closing = new();

    // Bounded: what is not taken by Kestrel holds its place among the undecided.
    private readonly Channel<ConnectionContext> _http1 = Channel.CreateBounded<ConnectionContext>(MaxUndecided);
    private readonly Channel<ConnectionContext> _http2 = Channel.CreateBounded<ConnectionContext>(MaxUndecided);
    private FileStream? _lock;
    private Socket? _bound;
    private IConnectionListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private int _undecided;

    public ChannelReader<ConnectionContext> Connections(HttpProtocols protocol) => protocol == HttpProtocols.Http2 ? _http2.Reader : _http1.Reader;

    /// <summary>Takes the place on the file system and does not listen yet: before anything else starts, and to say early that it cannot.</summary>
    /// <exception cref="AccessException">The message says why and what to do.</exception>
    public void Reserve(string path)
    {
        try
        {
            _lock = LocalSocket.Lock(path, admission.Group);
            _bound = LocalSocket.Bind(path, admission.Group);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AccessException(e.Message, e);
        }
    }

    /// <summary>The second call for the same door does nothing. Called by Kestrel's start, one endpoint after the other.</summary>
    /// <exception cref="AccessException">As <see cref="Reserve"/>.</exception>
    public async ValueTask OpenAsync(string path, CancellationToken cancellationToken)
    {
        if (_listener is not null)
        {
            return;
        }

        if (_bound is null)
        {
            Reserve(path);
        }

        var sockets = new SocketTransportFactory(Options.Create(new SocketTransportOptions { CreateBoundListenSocket = _ => _bound! }), loggers);
        _listener = await sockets.BindAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        _accepting = AcceptAsync(_listener);
    }

    public async ValueTask CloseAsync()
    {
        if (_closing.IsCancellationRequested)
        {
            return;
        }

        await _closing.CancelAsync();
        if (_listener is not null)
        {
            await _listener.UnbindAsync();
            await _accepting;
            await _listener.DisposeAsync();
        }

        // Its disposal removes the file: also when it never listened.
        _bound?.Dispose();
        _http1.Writer.TryComplete();
        _http2.Writer.TryComplete();
        if (_lock is not null)
        {
            await _lock.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        _closing.Dispose();
    }

    private async Task AcceptAsync(IConnectionListener listener)
    {
        try
        {
            while (await listener.AcceptAsync(CancellationToken.None) is { } connection)
            {
                if (!Admit(connection))
                {
                    await connection.DisposeAsync();
                }
                else if (Interlocked.Increment(ref _undecided) > MaxUndecided)
                {
                    Interlocked.Decrement(ref _undecided);
                    refusals.Add("undecided", $"{MaxUndecided} connections have not sent a byte yet");
                    await connection.DisposeAsync();
                }
                else
                {
                    _ = HandOverAsync(connection);
                }
            }
        }
        catch (Exception e)
        {
            // The program without its door is of no use to anybody: it must not look alive.
            Log.DoorBroken(_logger, e);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    private bool Admit(ConnectionContext connection)
    {
        try
        {
            var socket = connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket;
            if (admission.Admit(socket, out var refusal) is { } caller)
            {
                connection.Features.Set(caller);
                return true;
            }

            refusals.Add("peer", refusal);
            return false;
        }
        catch (SocketException e)
        {
            refusals.Add("peer", $"the kernel does not say who the peer is: {e.Message}");
            return false;
        }
    }

    private async Task HandOverAsync(ConnectionContext connection)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
            using var timer = time.CreateTimer(static state => ((CancellationTokenSource)state!).Cancel(), limit, _firstBytesLimit, Timeout.InfiniteTimeSpan);
            if (await FirstBytes.ReadAsync(connection.Transport.Input, limit.Token) is { } protocol)
            {
                await (protocol == HttpProtocols.Http2 ? _http2 : _http1).Writer.WriteAsync(connection, _closing.Token);
                return;
            }
        }
        catch (OperationCanceledException) when (!_closing.IsCancellationRequested)
        {
            refusals.Add("timeout", $"{connection.Features.Get<Caller>()?.Who} sent nothing for {_firstBytesLimit.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionAbortedException or ConnectionResetException or ChannelClosedException)
        {
            // The peer or the program ended first: nothing is left to hand over.
        }
        finally
        {
            Interlocked.Decrement(ref _undecided);
        }

        await connection.DisposeAsync();
    }

    private static partial class Log
    {
        [LoggerMessage(8010, LogLevel.Critical, "The unix socket cannot accept any more; the program ends")]
        public static partial void DoorBroken(ILogger logger, Exception e);
    }
}
