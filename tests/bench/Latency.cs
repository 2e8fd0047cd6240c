using Runtime.Stack;
using Runtime.V1;
using Process = System.Diagnostics.Process;

namespace Runtime.Bench;

/// <summary>
/// From an exec to the receipt of its alert at a webhook: a fact that always alerts (a binary run from memory), each time by
/// another program. Each incident is closed before the next, as a responder would: an open one would only be updated.
/// </summary>
internal sealed class Latency(Report report, string load, StackOptions options, int count)
{
    private const int WarmUp = 5;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var samples = new Samples();
        try
        {
            await MeasureAsync(samples, cancellationToken);
        }
        finally
        {
            Tell(samples);
        }
    }

    private async Task MeasureAsync(Samples samples, CancellationToken cancellationToken)
    {
        await using var receiver = await WebhookReceiver.StartAsync(cancellationToken: cancellationToken);
        await using var stack = await Stacks.StartAsync(options with { Slack = receiver.Address }, cancellationToken);
        report.Progress($"{count} incidents");
        // The first ones find code that was never run: they are warm-up.
        for (var i = -WarmUp; i < count; i++)
        {
            var name = string.Create(global::System.Globalization.CultureInfo.InvariantCulture, $"sample{i + WarmUp:0000}");
            var program = Path.Combine(stack.Folder, name);
            File.Copy(load, program);
            var started = DateTimeOffset.UtcNow;
            using var process = Process.Start(program, "memfd");
            try
            {
                var call = await receiver.WaitAsync(call => call.Body.Contains(name, StringComparison.Ordinal), TimeSpan.FromSeconds(i < 0 ? 3 : 10)).WaitAsync(cancellationToken);
                if (i >= 0)
                {
                    samples.Add((call.Received - started).TotalMilliseconds);
                }
            }
            catch (TimeoutException) when (i < 0)
            {
                // What ran above us when the agent started may hold such a fact: the sample joined its incident, which is closed below.
            }

            await process.WaitForExitAsync(cancellationToken);
            foreach (var incident in (await stack.Client.Query.ListIncidentsAsync(new ListIncidentsRequest { State = "open" }, cancellationToken: cancellationToken)).Incidents)
            {
                await stack.Client.Query.CloseIncidentAsync(new CloseIncidentRequest { Id = incident.Id, Verdict = "benign", Note = "benchmark" }, cancellationToken: cancellationToken);
            }
        }
    }

    private void Tell(Samples samples)
    {
        using var table = report.Table("From exec to the webhook's receipt, one incident after another", new("incidents"), new("each", "ms", "0.0"), new("p90", "ms", "0.0"), new("p99", "ms", "0.0"));
        if (samples.Values.Count > 0)
        {
            table.Add(samples.Values.Count, samples, samples.Quantile(0.9), samples.Quantile(0.99));
        }
    }
}
