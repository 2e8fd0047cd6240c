using Grpc.Core;
using Runtime.Evaluation.Images;
using Runtime.Evaluation.Peers;
using Runtime.Evaluation.Reports;
using Runtime.Evaluation.Scenarios;
using Runtime.Pods;
using Runtime.Stack;

namespace Runtime.Evaluation.Runs;

/// <param name="Programs">Folder with the built agent and collector.</param>
/// <param name="Unit">What a baseline's hour lasts.</param>
/// <param name="Logs">Folder for what everybody printed; nothing is kept when null.</param>
internal sealed record EvaluationOptions(string Programs, TimeSpan Unit, int Seed, string? Logs)
{
    /// <summary>A start takes half a minute at least and ten at most; so much of it is left where an hour is half a second.</summary>
    public static readonly (TimeSpan Minimum, TimeSpan Maximum) StartPhase = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

    public StackOptions StackOn(ContainerdNode node) => new()
    {
        Programs = Programs,
        Unit = Unit,
        ReportInterval = Unit / 2,
        InitPhase = StartPhase,
        RuntimeSockets = [node.Socket],
    };

    /// <summary>Begin of the files for what a part of it printed; null when nothing is kept.</summary>
    public string? LogOf(string name) => Logs is { } folder ? Path.Combine(folder, name) : null;
}

/// <summary>
/// The whole of it: images, learning of all workloads side by side, then each scenario in fresh pods before a collector that knows what was learnt
/// and nothing of the scenarios before.
/// </summary>
internal sealed class Evaluation(EvaluationOptions options, Report report, Progress progress)
{
    // Those that the scenarios name: what was made, and why the others cannot be. Bounded by the catalogue.
    private Dictionary<TestImage, OciImage> _images = [];
    private Dictionary<string, string> _absent = [];

    public async Task RunAsync(IReadOnlyList<Scenario> scenarios, CancellationToken cancellationToken)
    {
        foreach (var skipped in scenarios.Where(scenario => scenario.Skip is not null))
        {
            report.Add(Result.NotRun(skipped, skipped.Skip!));
        }

        var wanted = scenarios.Where(scenario => scenario.Skip is null).ToList();
        (_images, _absent) = await ImageStore.Open().GetAllAsync(wanted.Select(scenario => scenario.Image).Distinct(), progress.Say, cancellationToken);
        foreach (var scenario in wanted.Where(scenario => _absent.ContainsKey(scenario.Image)))
        {
            report.Add(Result.NotRun(scenario, _absent[scenario.Image]));
        }

        if (_images.Count == 0)
        {
            return;
        }

        wanted = [.. wanted.Where(scenario => !_absent.ContainsKey(scenario.Image))];
        progress.Say($"pods: a container runtime of our own with {_images.Count} image(s)");
        await using var node = await ContainerdNode.StartAsync(new NodeOptions { CleanOnSignal = false }, _images.Values);
        var peers = new PeerNetwork(node);
        await peers.PrepareAsync();
        await using var cluster = await peers.StartClusterAsync();
        await using var receiver = await WebhookReceiver.StartAsync(cancellationToken: cancellationToken);
        using var held = new HeldTracepoints();
        var learnt = Directory.CreateTempSubdirectory("evaluation-learnt-");
        try
        {
            var stack = options.StackOn(node);
            await LearnAsync(node, stack, receiver, wanted, learnt.FullName, cancellationToken);
            foreach (var scenario in WithControls(wanted))
            {
                await RunAsync(node, peers, stack, receiver, scenario, learnt.FullName, cancellationToken);
            }
        }
        finally
        {
            learnt.Delete(recursive: true);
        }
    }

    private async Task LearnAsync(
        ContainerdNode node, StackOptions stack, WebhookReceiver receiver, IReadOnlyList<Scenario> scenarios, string folder, CancellationToken cancellationToken)
    {
        var names = scenarios.Where(IsOfLearnt).Select(scenario => scenario.Image).ToHashSet();
        var images = _images.Where(pair => names.Contains(pair.Key.Name)).ToDictionary();
        await using var watch = await Watch.StartAsync(stack, receiver, null, options.LogOf("learning"), cancellationToken);
        if (images.Count > 0)
        {
            var results = await new Learning(node, watch, progress, options.Seed).RunAsync(images, options.Unit, cancellationToken);
            foreach (var result in results)
            {
                report.Add(result);
                progress.Say(Report.Line(result));
            }
        }

        await watch.FinishAsync(cancellationToken);
        await watch.CloseAsync(cancellationToken);
        await watch.FinishAsync(cancellationToken);
        await watch.KeepAsync(folder);
    }

    /// <summary>Before the scenarios of an image stands the same way in with nothing behind it: what is reported of that is no credit to any scenario.</summary>
    private static IEnumerable<Scenario> WithControls(IReadOnlyList<Scenario> scenarios)
    {
        foreach (var group in scenarios.GroupBy(scenario => scenario.Image).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            foreach (var launch in group.Where(IsOfLearnt).Select(scenario => scenario.Launch).Distinct().Order())
            {
                yield return Control(group.Key, launch);
            }

            foreach (var scenario in group)
            {
                yield return scenario;
            }
        }
    }

    private static Scenario Control(string image, Launch launch) => new(
        "", $"control-{image}-{launch.ToString().ToLowerInvariant()}", "the way in, and nothing behind it", false, Scenarios.Severity.None, [], "", image, launch, LearningPhase.Locked, 1, [],
        null, null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1), null, "#!/bin/sh\nexit 0\n");

    private static bool IsOfLearnt(Scenario scenario) => scenario is { Phase: LearningPhase.Locked, Launch: not Launch.Image };

    private async Task RunAsync(
        ContainerdNode node, PeerNetwork peers, StackOptions stack, WebhookReceiver receiver, Scenario scenario, string learnt, CancellationToken cancellationToken)
    {
        if (IsOfLearnt(scenario) && report.WhyNotLearnt(scenario.Image) is { } why)
        {
            report.Add(Result.NotRun(scenario, $"the baseline of {scenario.Image} was not learnt: {why}"));
            return;
        }

        var (definition, image) = _images.Single(pair => pair.Key.Name == scenario.Image);
        Result result;
        try
        {
            await using var watch = await Watch.StartAsync(stack, receiver, learnt, options.LogOf(scenario.Id), cancellationToken);
            var run = new ScenarioRun(node, peers, watch, scenario, definition, image, EvaluationOptions.StartPhase.Maximum, options.Seed + 100);
            var observed = await run.RunAsync(cancellationToken);
            result = Result.Of(scenario, observed, run.Before == 0 ? "" : $"{run.Before} incident(s) before it began");
            if (options.LogOf(scenario.Id) is { } log)
            {
                await File.WriteAllTextAsync(log + "-script.log", run.Log, cancellationToken);
            }
        }
        catch (Exception e) when (e is TimeoutException or RpcException or InvalidOperationException or IOException or HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // One scenario that cannot be run must not end the others; it counts as not run.
            var words = e.Message.Split('\n')[0];
            result = Result.NotRun(scenario, words.Length > 300 ? words[..300] + " …" : words);
        }

        report.Add(result);
        progress.Say(Report.Line(result));
    }
}
