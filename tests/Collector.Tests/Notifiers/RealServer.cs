using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

/// <summary>A server of Debian's, on loopback, that ends with the test. What it prints comes line by line, whichever of its two outputs it takes.</summary>
internal sealed class RealServer : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly Process _process;

    // Bounded by what one test has it print.
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    private RealServer(string program, IEnumerable<string> arguments)
    {
        _process = new Process { StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true } };
        _process.OutputDataReceived += (_, line) => _lines.Writer.TryWrite(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _lines.Writer.TryWrite(line.Data ?? "");
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <param name="ready">Words of the line by which it says that it listens.</param>
    public static async Task<RealServer> StartAsync(string program, IEnumerable<string> arguments, string ready)
    {
        var server = new RealServer(program, arguments);
        try
        {
            await server.LineAsync(ready);
            return server;
        }
        catch
        {
            server.Dispose();
            throw;
        }
    }

    /// <summary>The next line that holds these words; those before it are passed over.</summary>
    public async Task<string> LineAsync(string words)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        List<string> passed = [];
        try
        {
            while (true)
            {
                var line = await _lines.Reader.ReadAsync(limit.Token);
                if (line.Contains(words, StringComparison.Ordinal))
                {
                    return line;
                }

                passed.Add(line);
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{_process.StartInfo.FileName} did not print \"{words}\", but: {string.Join('\n', passed)}");
        }
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
