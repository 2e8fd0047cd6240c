using Grpc.Core;
using Runtime.Evaluation.Images;
using Runtime.Evaluation.Peers;
using Runtime.Evaluation.Scenarios;
using Runtime.Pods;

namespace Runtime.Evaluation.Runs;

/// <summary>One scenario in fresh pods of its deployment.</summary>
/// <param name="image">As loaded into the node; for `launch: image` with the script in it.</param>
internal sealed class ScenarioRun(ContainerdNode node, PeerNetwork peers, Watch watch, Scenario scenario, TestImage definition, OciImage image, TimeSpan startPhase, int seed)
{
    /// <summary>After <see cref="Scenario.Within"/> an alert still counts as one, as a late one.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly List<Replica> _replicas = [];

    /// <summary>Alerted incidents of the fresh pods before the script began: noise, which is told.</summary>
    public int Before { get; private set; }

    public string Log { get; private set; } = "";

    public async Task<Observed> RunAsync(CancellationToken cancellationToken)
    {
        var companion = scenario.CompanionSource is { } source ? await ImageStore.CompileAsync(source) : null;
        await using var servers = await peers.StartAsync(scenario.Peers);
        try
        {
            return scenario.Launch == Launch.Image ? await RunBornAsync(companion, cancellationToken) : await RunPutAsync(companion, cancellationToken);
        }
        finally
        {
            foreach (var replica in _replicas)
            {
                Log += await replica.LogAsync();
                await replica.DisposeAsync();
            }
        }
    }

    /// <summary>What a deployment is called that must not have been learnt before.</summary>
    private string Deployment => scenario.Phase == LearningPhase.Learning || scenario.Launch == Launch.Image ? $"{definition.Name}-{scenario.Id.ToLowerInvariant()}" : definition.Name;

    private async Task<Observed> RunPutAsync(byte[]? companion, CancellationToken cancellationToken)
    {
        for (var i = 0; i < scenario.Replicas; i++)
        {
            _replicas.Add(await Replica.StartAsync(node, definition, image, Deployment, seed + i, born: false, cancellationToken));
        }

        foreach (var replica in _replicas)
        {
            await replica.SettleAsync(watch.Query, startPhase, cancellationToken);
        }

        Before = (await watch.IncidentsAsync(cancellationToken)).Count;
        await watch.CloseAsync(cancellationToken);
        var first = _replicas[0];
        await first.PutAsync(scenario.Script);
        if (companion is not null)
        {
            await first.PutProgramAsync(scenario.Companion!, companion);
        }

        var started = TimeProvider.System.GetUtcNow();
        Task<int> script;
        if (scenario.Launch == Launch.Exec)
        {
            script = ExecAsync(first, cancellationToken);
        }
        else
        {
            await first.EnterAsync(cancellationToken);
            script = first.EndedAsync(cancellationToken);
        }

        return await WatchAsync(first, script, started, cancellationToken);
    }

    private async Task<Observed> RunBornAsync(byte[]? companion, CancellationToken cancellationToken)
    {
        var born = image.With(image.Repository + "-" + scenario.Id.ToLowerInvariant(), image.Tag,
            [ImageEntry.Program(TestImage.BornScript, System.Text.Encoding.UTF8.GetBytes(scenario.Script)), .. companion is null ? [] : new[] { ImageEntry.Program(scenario.Companion!, companion) }]);
        await node.LoadAsync(born);
        for (var i = 0; i < scenario.Replicas; i++)
        {
            _replicas.Add(await Replica.StartAsync(node, definition, born, Deployment, seed + i, born: i == 0, cancellationToken));
        }

        return await WatchAsync(_replicas[0], _replicas[0].EndedAsync(cancellationToken), _replicas[0].Started, cancellationToken);
    }

    /// <summary>Until the script has ended and, for an attack, its alert has come or is overdue; at most until its time is up.</summary>
    private async Task<Observed> WatchAsync(Replica attacked, Task<int> script, DateTimeOffset started, CancellationToken cancellationToken)
    {
        var lostBefore = await watch.LostAsync(cancellationToken);
        var now = TimeProvider.System.GetUtcNow();
        using var timeUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeUp.CancelAfter(Positive(started + scenario.Timeout - now));
        using var overdue = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token);
        overdue.CancelAfter(Positive(started + scenario.Within + Grace - now));
        if (scenario.Alert)
        {
            await AlertAsync(attacked, overdue.Token);
            // Its alert is here: what else it brings comes while it runs, or while an alert may still come.
            await EndAsync(script, overdue.Token);
        }
        else
        {
            await EndAsync(script, timeUp.Token);
        }

        cancellationToken.ThrowIfCancellationRequested();
        await watch.FinishAsync(cancellationToken);
        var incidents = await watch.IncidentsAsync(cancellationToken);
        var alerts = watch.TakeAlerts().Where(alert => alert.Received >= started).ToList();
        var told = alerts.Find(alert => alert.Containers.Contains(attacked.Container.Id)) ?? alerts.FirstOrDefault();
        return new Observed(
            attacked.Container.Id,
            incidents,
            told is null ? null : (told.Received - started).TotalSeconds,
            await watch.LostAsync(cancellationToken) - lostBefore,
            script.IsCompletedSuccessfully ? await script : null);
    }

    private async Task AlertAsync(Replica attacked, CancellationToken limit)
    {
        try
        {
            while (!(await watch.NextAlertAsync(limit)).Containers.Contains(attacked.Container.Id))
            {
                // About another pod: it is counted, and the attack's own is still awaited.
            }
        }
        catch (OperationCanceledException)
        {
            // Overdue.
        }
    }

    private static async Task EndAsync(Task<int> script, CancellationToken limit)
    {
        try
        {
            await script.WaitAsync(limit);
        }
        catch (OperationCanceledException)
        {
            // It runs on, until its pod goes.
        }
    }

    /// <summary>The runtime ends it at the time-out too; that is an end like another.</summary>
    private async Task<int> ExecAsync(Replica replica, CancellationToken cancellationToken)
    {
        try
        {
            return await replica.ExecAsync(scenario.Timeout, cancellationToken);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.DeadlineExceeded)
        {
            return -1;
        }
    }

    private static TimeSpan Positive(TimeSpan span) => span > TimeSpan.Zero ? span : TimeSpan.Zero;
}
