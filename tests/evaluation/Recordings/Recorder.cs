using Runtime.Evaluation.Images;
using Runtime.Evaluation.Peers;
using Runtime.Evaluation.Reports;
using Runtime.Evaluation.Runs;
using Runtime.Pods;
using Runtime.Stack;

namespace Runtime.Evaluation.Recordings;

/// <summary>All workloads side by side through a week that teaches and days that are counted, without an attack; what the collector took in is kept.</summary>
internal sealed class Recorder(EvaluationOptions options, Progress progress)
{
    private const int StartsAtOnce = 2;

    /// <param name="folder">A new folder, for <see cref="RecordingNote.File"/> and the collector's database.</param>
    /// <param name="names">Of images; all of the catalogue that can be made here when empty.</param>
    public async Task RunAsync(string folder, int days, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var (images, absent) = await ImageStore.Open().GetAllAsync(names.Count > 0 ? names : Catalogue.Names, progress.Say, cancellationToken);
        var next = images.ToDictionary(pair => pair.Key, pair => pair.Key.Next(pair.Value));
        progress.Say($"pods: a container runtime of our own with {images.Count} image(s), each in two versions");
        await using var node = await ContainerdNode.StartAsync(new NodeOptions { CleanOnSignal = false }, images.Values.Concat(next.Values));
        var peers = new PeerNetwork(node);
        await peers.PrepareAsync();
        await using var cluster = await peers.StartClusterAsync();
        await using var receiver = await WebhookReceiver.StartAsync(cancellationToken: cancellationToken);
        using var held = new HeldTracepoints();
        await using var watch = await Watch.StartAsync(options.StackOn(node), receiver, null, options.LogOf($"recording-{options.Seed}"), cancellationToken);
        using var starts = new SemaphoreSlim(StartsAtOnce);
        var deployments = images.Select(pair => new LivingDeployment(node, pair.Key, pair.Value, next[pair.Key], options.Seed, starts)).ToList();
        try
        {
            var begun = TimeProvider.System.GetTimestamp();
            var lives = deployments
                .Select((deployment, index) => deployment.RunAsync(Calendar.Of(deployment.Name, options.Seed, days), begun, Calendar.BeginOf(index), options.Unit, cancellationToken))
                .ToList();
            await WaitAsync(deployments, begun, Calendar.BeginOf(deployments.Count - 1) + Calendar.Length(days), cancellationToken);
            await Task.WhenAll(lives);
        }
        finally
        {
            foreach (var deployment in deployments)
            {
                await deployment.DisposeAsync();
            }
        }

        await watch.FinishAsync(cancellationToken);
        var note = new RecordingNote(options.Unit.TotalMilliseconds, options.Seed, days, await watch.LostAsync(cancellationToken))
        {
            Faults = deployments.Where(deployment => deployment.Fault is not null).ToDictionary(deployment => deployment.Name, deployment => deployment.Fault!),
            Absent = absent,
        };
        await watch.KeepAsync(folder);
        note.Save(folder);
        progress.Say($"recorded: {folder}; {note.Lost} events lost{string.Concat(note.Faults.Select(fault => $"; {fault.Key}: {fault.Value}"))}");
    }

    /// <summary>The end of a recording is a matter of time.</summary>
    private async Task WaitAsync(IReadOnlyList<LivingDeployment> deployments, long begun, double length, CancellationToken cancellationToken)
    {
        using var look = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (TimeProvider.System.GetElapsedTime(begun) / options.Unit is var units && units < length)
        {
            var faults = deployments.Where(deployment => deployment.Fault is not null).Select(deployment => deployment.Name).ToList();
            progress.Change($"recording: unit {units:0} of {length:0}{(faults.Count > 0 ? "; ended early: " + string.Join(", ", faults) : "")}");
            await look.WaitForNextTickAsync(cancellationToken);
        }
    }
}
