using System.Diagnostics;
using System.Globalization;
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

    public async Task RunAsync()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var stack = await RuntimeStack.StartAsync(options with { Slack = receiver.Address });
        var samples = new Samples();
        // The first ones find code that was never run: they are warm-up.
        for (var i = -WarmUp; i < count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"sample{i + WarmUp:0000}");
            var program = Path.Combine(stack.Folder, name);
            File.Copy(load, program);
            var started = DateTimeOffset.UtcNow;
            using var process = Process.Start(program, "memfd");
            try
            {
                var call = await receiver.WaitAsync(call => call.Body.Contains(name, StringComparison.Ordinal), TimeSpan.FromSeconds(i < 0 ? 3 : 10));
                if (i >= 0)
                {
                    samples.Add((call.Received - started).TotalMilliseconds);
                }
            }
            catch (TimeoutException) when (i < 0)
            {
                // What ran above us when the agent started may hold such a fact: the sample joined its incident, which is closed below.
            }

            await process.WaitForExitAsync();
            foreach (var incident in (await stack.Client.Query.ListIncidentsAsync(new ListIncidentsRequest { State = "open" })).Incidents)
            {
                await stack.Client.Query.CloseIncidentAsync(new CloseIncidentRequest { Id = incident.Id, Verdict = "benign", Note = "benchmark" });
            }
        }

        report.Table(
            $"From exec to the webhook's receipt, {count} incidents, one after another",
            ["p50 ms", "p90 ms", "p99 ms", "max ms"],
            [[.. new[] { 0.5, 0.9, 0.99, 1 }.Select(share => samples.Quantile(share).ToString("0.0", CultureInfo.InvariantCulture))]]);
    }
}
