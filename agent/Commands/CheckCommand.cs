using System.Text.Json;
using Grpc.Core;
using Runtime.Agent.Configuration;
using Runtime.Agent.Health;
using Runtime.Agent.Streaming;

namespace Runtime.Agent.Commands;

/// <summary>Says in words what this node offers and what is missing.</summary>
internal sealed class CheckCommand(AgentOptions options, TextWriter output)
{
    private static readonly TimeSpan CollectorLimit = TimeSpan.FromSeconds(3);

    public async Task<int> RunAsync(bool onlyLive, CancellationToken cancellationToken)
    {
        if (onlyLive)
            return Live();
        var worst = CheckResult.Ok;
        foreach (var line in new NodeCheck(options.Capture, options.Containers).Run())
        {
            worst = line.Result > worst ? line.Result : worst;
            Print(line);
        }
        if (options.Capture.Rung != 0 && worst < CheckResult.Fatal)
        {
            foreach (var line in await CoverageCheck.RunAsync(options, cancellationToken))
                Print(line);
        }
        foreach (var line in AtWork(options.State, DateTimeOffset.UtcNow))
            Print(line);
        // Not part of the verdict: the agent waits for a collector that is not there yet, and what it sees meanwhile is kept.
        Print(await CollectorAsync(cancellationToken));
        var verdict = worst switch
        {
            CheckResult.Fatal => "the agent cannot work here",
            CheckResult.Missing => "the agent works here, and does not see everything",
            _ => "all is there",
        };
        output.WriteLine(verdict);
        return worst switch { CheckResult.Fatal => CommandLine.CannotWork, CheckResult.Missing => CommandLine.Failed, _ => CommandLine.Done };
    }

    /// <summary>What the agent of this node says of itself. No part of the verdict, which is about what the node offers.</summary>
    internal static IEnumerable<CheckLine> AtWork(string stateFolder, DateTimeOffset now)
    {
        const string subject = "agent at work";
        if (Heartbeat.Fault(stateFolder, now) is { } fault)
            return [new(CheckResult.Note, subject, fault)];
        try
        {
            var losses = LossLedger.Read(stateFolder);
            var sum = losses.Aggregate(0ul, (sum, loss) => sum + loss.Count);
            return
            [
                sum == 0 ? new(CheckResult.Ok, subject, "alive; nothing lost since it started") : new(CheckResult.Note, subject, $"alive; lost {sum} events since it started"),
                .. losses.Select(loss => new CheckLine(CheckResult.Note, "lost", loss.ToString())),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return [new(CheckResult.Note, subject, $"alive; what it lost cannot be read: {e.Message}")];
        }
    }

    private int Live()
    {
        if (Heartbeat.Fault(options.State, DateTimeOffset.UtcNow) is not { } fault)
            return CommandLine.Done;
        output.WriteLine(fault);
        return CommandLine.Failed;
    }

    private async Task<CheckLine> CollectorAsync(CancellationToken cancellationToken)
    {
        var subject = "collector";
        try
        {
            using var channel = CollectorAddress.Connect(options.Collector, CollectorLimit);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(CollectorLimit);
            // A stream without Hello: whoever answers at all, even by refusing it, is there.
            using var call = new V1.Ingest.IngestClient(channel).Stream(cancellationToken: limit.Token);
            await call.RequestStream.CompleteAsync();
            await call.ResponseHeadersAsync.WaitAsync(limit.Token);
            return new(CheckResult.Ok, subject, $"{options.Collector.Address} answers");
        }
        catch (RpcException e) when (e.StatusCode is not (StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Internal or StatusCode.Cancelled))
        {
            return e.StatusCode is StatusCode.Unauthenticated or StatusCode.PermissionDenied
                ? new(CheckResult.Note, subject, $"{options.Collector.Address} refuses this agent: {e.Status.Detail}")
                : new(CheckResult.Ok, subject, $"{options.Collector.Address} answers");
        }
        // The border of the check: whatever went wrong is what it has to tell.
        catch (Exception e)
        {
            var words = e is OperationCanceledException ? $"no answer within {CollectorLimit.TotalSeconds:0} s" : FaultWords.Of(e);
            return new(CheckResult.Note, subject, $"{options.Collector.Address} is not reached: {words}");
        }
    }

    private void Print(CheckLine line)
    {
        var word = line.Result switch { CheckResult.Ok => "ok", CheckResult.Note => "note", CheckResult.Missing => "missing", _ => "fatal" };
        output.WriteLine($"{word,-8} {line.Subject,-24} {AgentLog.OneLine(line.Words)}");
    }
}
