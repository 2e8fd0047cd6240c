using System.Diagnostics;
using System.Globalization;
using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>From an exec to the receipt of its alert at a webhook: a fact that always alerts (a binary run from memory), each time by another program, so that each is an incident of its own.</summary>
internal sealed class Latency(Report report, string load, StackOptions options, int count)
{
    public async Task RunAsync()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var stack = await RuntimeStack.StartAsync(options with { Slack = receiver.Address });
        var samples = new Samples();
        for (var i = 0; i < count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"sample{i:0000}");
            var program = Path.Combine(stack.Folder, name);
            File.Copy(load, program);
            var started = DateTimeOffset.UtcNow;
            using var process = Process.Start(program, "memfd");
            var call = await receiver.WaitAsync(call => call.Body.Contains(name, StringComparison.Ordinal), TimeSpan.FromSeconds(10));
            samples.Add((call.Received - started).TotalMilliseconds);
            await process.WaitForExitAsync();
        }

        report.Table(
            $"From exec to the webhook's receipt, {count} incidents, one after another",
            ["p50 ms", "p90 ms", "p99 ms", "max ms"],
            [[.. new[] { 0.5, 0.9, 0.99, 1 }.Select(share => samples.Quantile(share).ToString("0.0", CultureInfo.InvariantCulture))]]);
    }
}
