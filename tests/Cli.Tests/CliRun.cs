using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Query;
using Xunit;

namespace Runtime.Cli.Tests;

/// <summary>One command line against one collector.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error)
{
    public static async Task<CliRun> OfAsync(TestCollector collector, string command, int? width = null, bool colours = false, CancellationToken? stop = null) =>
        await OfAsync(["--socket", collector.Socket, .. command.Split(' ', StringSplitOptions.RemoveEmptyEntries)], width, colours, stop);

    public static async Task<CliRun> OfAsync(string[] arguments, int? width = null, bool colours = false, CancellationToken? stop = null)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var time = new FakeTimeProvider(Sample.Noon.AddHours(1));
        var exitCode = await Runtimectl.RunAsync(arguments, new Terminal(output, error, width, colours, time), stop ?? TestContext.Current.CancellationToken);
        return new CliRun(exitCode, output.ToString(), error.ToString());
    }

    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
