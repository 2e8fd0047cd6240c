using Grpc.Core;
using Runtime.Evaluation.Images;
using Runtime.Evaluation.Reports;
using Runtime.Pods;
using Runtime.V1;

namespace Runtime.Evaluation.Runs;

/// <summary>How a workload was learnt.</summary>
/// <param name="UnitsToLock">Covered units when every group of its baseline was locked; null when that did not come.</param>
/// <param name="PredictedNew">New items that were expected in the next day (24 units) at the lock.</param>
/// <param name="ActualNew">Those that came in the 24 units after it.</param>
/// <param name="UnitsAfterLock">Watched without an attack, since the lock.</param>
/// <param name="FalsePages">Titles of the alerts about it since the lock.</param>
/// <param name="WaitsFor">What groups that are not locked still want; empty when all are.</param>
/// <param name="Fault">Why its scenarios cannot be run; null when they can: all groups are locked or have shown for a week that they will not settle.</param>
internal sealed record Learnt(
    string Image, double? UnitsToLock, double PredictedNew, double ActualNew, double UnitsAfterLock, IReadOnlyList<string> FalsePages, string WaitsFor, string? Fault);

/// <summary>All workloads at work side by side, until each baseline has seen a week of units and is locked, or will not be; each starts three times.</summary>
/// <remarks>A week, because the threshold follows the novelty of the last seven days: until the first ones are out of it, the deployment counts as young.</remarks>
internal sealed class Learning(ContainerdNode node, Watch watch, Progress progress, int seed)
{
    private const int Starts = 3;

    /// <summary>Longest wait, in units: a week is 192, and what is new in it puts the lock off.</summary>
    private const int MostUnits = 480;

    // A baseline has no event that a program outside could await.
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    public async Task<IReadOnlyList<Learnt>> RunAsync(IReadOnlyDictionary<TestImage, OciImage> images, TimeSpan unit, CancellationToken cancellationToken)
    {
        var replicas = new Dictionary<TestImage, Replica>();
        var states = images.Keys.ToDictionary(image => image.Name, image => new State(image));
        try
        {
            // Incidents of our own making; one for each workload that serves.
            var wayIn = new HashSet<string>(StringComparer.Ordinal);
            var begun = TimeProvider.System.GetTimestamp();
            var start = 0;
            using var look = new PeriodicTimer(Look);
            while (true)
            {
                var units = TimeProvider.System.GetElapsedTime(begun) / unit;
                if (start < Starts && units >= start * 40)
                {
                    foreach (var (image, loaded) in images)
                    {
                        await TryAsync(states[image.Name], () => ReplaceAsync(replicas, image, loaded, seed + start, cancellationToken));
                    }

                    start++;
                }

                foreach (var (image, replica) in replicas)
                {
                    // The way in is used all the time, for nothing: it is part of what the workload does.
                    await TryAsync(states[image.Name], () => replica.RunNothingAsync(cancellationToken));
                }

                wayIn.UnionWith(await watch.ApproveWayInAsync(cancellationToken));
                foreach (var deployment in (await watch.Query.ListDeploymentsAsync(new ListDeploymentsRequest { Text = $"/{Replica.Namespace}/", PageSize = 1000 }, cancellationToken: cancellationToken)).Deployments)
                {
                    states.GetValueOrDefault(deployment.OwnerName)?.See(deployment, [.. watch.TakeAlerts().Where(alert => alert.Owner == deployment.OwnerName && !wayIn.Contains(alert.Incident)).Select(alert => alert.Title)]);
                }

                var open = states.Values.Where(state => !state.IsDone && state.Fault is null).ToList();
                if (open.Count == 0 || units > MostUnits)
                {
                    break;
                }

                progress.Change($"learning: {units:0} units of {unit.TotalMilliseconds:0} ms; not learnt yet: {string.Join(", ", open.Select(state => state.Image.Name))}");
                await look.WaitForNextTickAsync(cancellationToken);
            }

            return [.. states.Values.Select(state => state.Result())];
        }
        finally
        {
            foreach (var replica in replicas.Values)
            {
                await replica.DisposeAsync();
            }
        }
    }

    /// <summary>A workload that does not run is told of, and does not hold up the others.</summary>
    private static async Task TryAsync(State state, Func<Task> act)
    {
        if (state.Fault is not null)
        {
            return;
        }

        try
        {
            await act();
        }
        catch (Exception e) when (e is TimeoutException or RpcException or HttpRequestException)
        {
            state.Fault = e is RpcException rpc ? rpc.Status.Detail : e.Message;
        }
    }

    private async Task ReplaceAsync(Dictionary<TestImage, Replica> replicas, TestImage image, OciImage loaded, int seed, CancellationToken cancellationToken)
    {
        if (replicas.Remove(image, out var old))
        {
            await old.DisposeAsync();
        }

        replicas[image] = await Replica.StartAsync(node, image, loaded, image.Name, seed, born: false, cancellationToken);
    }

    /// <summary>What was seen of one baseline so far.</summary>
    private sealed class State(TestImage image)
    {
        private double? _unitsToLock;
        private double _units;
        private double _predicted;
        private ulong _itemsAtLock;
        private ulong? _itemsADayLater;
        private int _alertsAtLock;
        private IReadOnlyList<string> _alerts = [];
        private string _waitsFor = "the collector does not know the deployment";

        public TestImage Image { get; } = image;

        /// <summary>Why the workload does not run; null when it does.</summary>
        public string? Fault { get; set; }

        public bool IsDone { get; private set; }

        public void See(Deployment deployment, IReadOnlyList<string> alerts)
        {
            var groups = deployment.Groups.Where(group => group.Items > 0).ToList();
            if (groups.Count == 0)
            {
                return;
            }

            _units = groups.Max(group => group.Units);
            _alerts = alerts;
            var open = groups.Where(group => !group.State.StartsWith("locked", StringComparison.Ordinal)).ToList();
            if (open.Count == 0 && _unitsToLock is null)
            {
                (_unitsToLock, _predicted, _itemsAtLock, _alertsAtLock) = (_units, groups.Sum(group => group.PredictedNew), deployment.Items, alerts.Count);
            }

            if (_unitsToLock is { } locked && _units >= locked + 24)
            {
                _itemsADayLater ??= deployment.Items;
            }

            // What did not settle in a week stays so: there only what needs no baseline is told.
            IsDone = groups.All(group => group.State is "locked_week" or "unstable");
            _waitsFor = string.Join("; ", groups.Where(group => group.State != "locked_week").Select(group => $"{group.Kind} is {group.State}: {group.WaitsFor}"));
        }

        public Learnt Result() => new(
            Image.Name,
            _unitsToLock,
            _predicted,
            (_itemsADayLater ?? _itemsAtLock) - _itemsAtLock,
            _units - (_unitsToLock ?? _units),
            _unitsToLock is null ? [] : [.. _alerts.Skip(_alertsAtLock)],
            _waitsFor,
            Fault ?? (IsDone ? null : _waitsFor));
    }
}
