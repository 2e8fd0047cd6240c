using System.Globalization;
using Grpc.Core;
using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Demo;

/// <summary>Waits until the collector says that the web server's baseline is locked, and shows how far it is.</summary>
/// <param name="unit">What the collector counts baselines in.</param>
internal sealed class Learning(Query.QueryClient query, TimeSpan unit, Progress progress)
{
    // The lock rule's: a day and its edges, and at least six units without anything new.
    private const int LockUnits = 26;
    private const int QuietUnits = 6;

    // A prediction is for the next day.
    private const int UnitsOfPrediction = 24;

    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(5);

    /// <exception cref="TimeoutException">With what the baseline still waits for.</exception>
    public async Task WaitAsync(Shop shop, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        var end = TimeProvider.System.GetUtcNow() + limit;
        var restarted = false;
        var last = "the collector does not know the deployment";
        while (TimeProvider.System.GetUtcNow() < end)
        {
            if (await FindAsync(cancellationToken) is { Groups.Count: > 0 } deployment)
            {
                var open = deployment.Groups.Where(group => !group.State.StartsWith("locked", StringComparison.Ordinal)).ToList();
                if (open.Count == 0)
                {
                    progress.Say($"locked:   {Summary(deployment)}");
                    return;
                }

                last = string.Join("; ", open.Select(group => $"{group.Kind} {group.State}: {group.WaitsFor}"));
                progress.Change($"learning: {Summary(deployment)}, locks in about {Estimate(open).TotalSeconds:0} s");
                if (!restarted && deployment.Groups.Max(group => group.Units) >= 3)
                {
                    restarted = true;
                    progress.Say("          the web server restarts once: what it does at its start counts as known when it was seen twice");
                    await shop.RestartServerAsync(cancellationToken);
                }
            }

            await pause.WaitForNextTickAsync(cancellationToken);
        }

        throw new TimeoutException($"the baseline did not lock within {limit.TotalSeconds:0} s; {last}");
    }

    private async Task<Deployment?> FindAsync(CancellationToken cancellationToken)
    {
        var request = new ListDeploymentsRequest { Text = $"/{Shop.Namespace}/" };
        var options = new CallOptions(deadline: DateTime.UtcNow + Answer, cancellationToken: cancellationToken);
        var answer = await query.ListDeploymentsAsync(request, options);
        return answer.Deployments.SingleOrDefault(one => one.Namespace == Shop.Namespace && one.OwnerName == Shop.Deployment && one.Container == Shop.Server);
    }

    private static string Summary(Deployment deployment)
    {
        var units = deployment.Groups.Max(group => group.Units);
        var predicted = deployment.Groups.Max(group => group.PredictedNew);
        // Before something could have been seen twice there is nothing to predict from.
        return units < 2
            ? $"{deployment.Items} behaviours"
            : string.Create(CultureInfo.InvariantCulture, $"{deployment.Items} behaviours in {units} units, {predicted:0.#} new ones expected in the next {UnitsOfPrediction}");
    }

    /// <summary>By the units that are missing; something new puts it off.</summary>
    private TimeSpan Estimate(List<BaselineGroup> open) =>
        unit * open.Max(group => Math.Max(1, Math.Max(LockUnits - (double)group.Units, QuietUnits - group.QuietUnits)));
}
