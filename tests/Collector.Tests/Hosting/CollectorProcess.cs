using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using Grpc.Net.Client;
using Xunit;

namespace Runtime.Collector.Tests.Hosting;

/// <summary>The built program, as an operator starts it, on a folder of its own.</summary>
internal sealed class CollectorProcess : IAsyncDisposable
{
    // The machine may be busy with other builds: long enough to never be the reason.
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private TaskCompletionSource _printed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CollectorProcess(string folder, string[] arguments)
    {
        Socket = Path.Combine(folder, "collector.sock");
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "collector"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("RUNTIME_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += Read;
        _process.ErrorDataReceived += Read;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Socket { get; }
    public int Pid => _process.Id;
    public string Output => string.Join('\n', _lines);

    /// <summary>Ends when it serves.</summary>
    public static async Task<CollectorProcess> StartAsync(string folder, params string[] more)
    {
        var collector = new CollectorProcess(folder, [$"--Listen:Socket={folder}/collector.sock", $"--Storage:Path={folder}/store/collector.db", .. more]);
        var ended = collector._process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var started = collector.LineAsync("Application started");
        await Task.WhenAny(started, ended);
        Assert.True(started.IsCompletedSuccessfully, "the collector did not start:\n" + collector.Output);
        return collector;
    }

    /// <summary>Ends when it has printed a line that holds this.</summary>
    /// <exception cref="TimeoutException">It did not.</exception>
    public async Task LineAsync(string part)
    {
        while (true)
        {
            // Before looking: a line that comes in between is not missed.
            var printed = Volatile.Read(ref _printed).Task;
            if (_lines.Any(line => line.Contains(part, StringComparison.Ordinal)))
            {
                return;
            }

            await printed.WaitAsync(_limit, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Ends when the program has.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        await using var collector = new CollectorProcess("/nowhere", arguments);
        await collector.EndAsync();
        return (collector._process.ExitCode, collector.Output);
    }

    public async Task<int> SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{Pid}"]);
        await EndAsync();
        return _process.ExitCode;
    }

    public GrpcChannel Channel() => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        },
        DisposeHttpClient = true,
    });

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await EndAsync();
        }

        _process.Dispose();
    }

    private async Task EndAsync()
    {
        using var limit = new CancellationTokenSource(_limit);
        await _process.WaitForExitAsync(limit.Token);
    }

    private void Read(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
        {
            return;
        }

        _lines.Enqueue(line.Data);
        Interlocked.Exchange(ref _printed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }
}
