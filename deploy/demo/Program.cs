using System.CommandLine;
using System.Runtime.InteropServices;
using Grpc.Core;
using Runtime.Demo;

var collector = new Option<string>("--collector") { Description = "Unix socket of the running collector", Required = true };
var runtime = new Option<string>("--runtime-socket") { Description = "Where the agent looks for the demo's container runtime; a link is made there", Required = true };
var port = new Option<int>("--port") { Description = "Loopback port that the collector's Slack notifier sends to, at /alerts", Required = true };
var unit = new Option<TimeSpan>("--unit") { Description = "The collector's baseline unit, e.g. 00:00:01", Required = true };
var miner = new Option<string>("--miner") { Description = "The compiled miner.c", Required = true };
var root = new RootCommand("Shows a break-in and its alert: two real pods, a baseline, a stand-in miner. Needs root, a running collector and a running agent.") { collector, runtime, port, unit, miner };
root.SetAction(async (arguments, _) =>
{
    // 0: shown. 1: no alert, with the reason. 130: interrupted; all is taken away before.
    using var interrupt = new CancellationTokenSource();
    PosixSignalRegistration[] signals =
    [
        .. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            interrupt.Cancel();
        })),
    ];
    var progress = new Progress(Console.Out, !Console.IsOutputRedirected, TimeProvider.System);
    var options = new DemoOptions(arguments.GetValue(collector)!, arguments.GetValue(runtime)!, arguments.GetValue(port), arguments.GetValue(unit), arguments.GetValue(miner)!);
    try
    {
        await new Demo(options, progress).RunAsync(interrupt.Token);
        return 0;
    }
    catch (Exception e) when (interrupt.IsCancellationRequested && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
    {
        progress.Say("interrupted; the pods are gone");
        return 130;
    }
    catch (RpcException e)
    {
        progress.Say($"failed:   the collector at {options.Collector} or the container runtime does not answer: {e.Status.Detail}");
        return 1;
    }
    catch (Exception e) when (e is TimeoutException or InvalidOperationException or IOException or HttpRequestException)
    {
        progress.Say("failed:   " + e.Message);
        return 1;
    }
    finally
    {
        Array.ForEach(signals, signal => signal.Dispose());
    }
});
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
