using Runtime.Collector.Query;
using Runtime.Collector.Security;
using Runtime.V1;

namespace Runtime.Collector.Web;

/// <summary>A deployment of which not all is known yet.</summary>
/// <param name="Groups">Those that are not locked.</param>
public sealed record LearningDeployment(string ScopeId, IReadOnlyList<BaselineGroup> Groups);

/// <summary>A budget that deployments have, and the setting that gives it to them; "" of one that has learnt nothing yet.</summary>
public sealed record BudgetInForce(double FalseAlertsPerDay, string Setting, int Deployments);

/// <param name="BudgetPerDay">Of all deployments together: false alerts allowed per day.</param>
/// <param name="Learning">The first of those that have a group that is not locked; what was never seen to do anything comes last.</param>
/// <param name="LearningCount">All of those.</param>
/// <param name="Budgets">What most have comes first; at most <see cref="FleetOverview.MaxBudgets"/>.</param>
public sealed record FleetFigures(
    DateTimeOffset Counted, int Deployments, double BudgetPerDay, IReadOnlyList<LearningDeployment> Learning, int LearningCount, IReadOnlyList<BudgetInForce> Budgets);

/// <summary>
/// What is said of all deployments at once. That takes a look at each, so it is counted for all sessions together, only while somebody looks, and the more seldom
/// the longer it takes. Any thread.
/// </summary>
internal sealed partial class FleetOverview(QueryService queries, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<FleetOverview> logger)
{
    private const int PageSize = 200;
    private const int MaxLearning = 100;
    internal const int MaxBudgets = 100;

    /// <summary>Share of the time that may go into counting.</summary>
    private const int RestPerWork = 20;
    private static readonly TimeSpan _shortestRest = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _patience = TimeSpan.FromMilliseconds(150);
    private static readonly string[] _settled = ["locked", "locked_week"];

    private readonly Lock _lock = new();
    private Task _counting = Task.CompletedTask;
    private long _restUntil;

    /// <summary>Null before the first count.</summary>
    public FleetFigures? Current { get; private set; }

    /// <summary>What is known now: many deployments take a while to count, and a page does not wait for them.</summary>
    public async Task<FleetFigures?> CurrentAsync(CancellationToken stop)
    {
        await Task.WhenAny(RefreshAsync(), Task.Delay(_patience, time, stop));
        return Current;
    }

    /// <summary>Counts anew where that is due. Ends with the count, which goes on when the caller does not wait for it.</summary>
    public Task RefreshAsync()
    {
        lock (_lock)
        {
            if (_counting.IsCompleted && time.GetTimestamp() >= _restUntil)
            {
                _counting = Task.Run(CountAsync);
            }

            return _counting;
        }
    }

    private async Task CountAsync()
    {
        var started = time.GetTimestamp();
        try
        {
            Current = await ReadAsync(lifetime.ApplicationStopping);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // What was counted before stays, with its time beside it.
            Log.NotCounted(logger, e);
        }

        var rest = time.GetElapsedTime(started) * RestPerWork;
        _restUntil = time.GetTimestamp() + (long)((rest > _shortestRest ? rest : _shortestRest).TotalSeconds * time.TimestampFrequency);
    }

    private async Task<FleetFigures> ReadAsync(CancellationToken stop)
    {
        var page = new Caller("web page", CallerRoles.Viewer);
        var request = new ListDeploymentsRequest { PageSize = PageSize };
        var counted = time.GetUtcNow();
        var (deployments, learningCount, budget) = (0, 0, 0.0);
        List<LearningDeployment> learning = [];

        // Bounded by the rules of the settings.
        var budgets = new Dictionary<(double, string), int>();
        do
        {
            var answer = await queries.ListDeployments(request, new PageCall(page, nameof(QueryService.ListDeployments), stop));
            foreach (var deployment in answer.Deployments)
            {
                deployments++;
                budget += deployment.AlertBudget;
                var rule = (deployment.AlertBudget, deployment.AlertBudgetSetting);
                budgets[rule] = budgets.GetValueOrDefault(rule) + 1;
                var open = deployment.Groups.Where(group => !_settled.Contains(group.State)).ToList();
                if (open.Count == 0)
                {
                    continue;
                }

                learningCount++;
                if (learning.Count < MaxLearning)
                {
                    learning.Add(new(deployment.ScopeId, open));
                }
            }

            request.PageToken = answer.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return new(counted, deployments, budget, [.. learning.OrderByDescending(young => young.Groups.Any(group => group.Items > 0))], learningCount,
            [.. budgets.Select(rule => new BudgetInForce(rule.Key.Item1, rule.Key.Item2, rule.Value)).OrderByDescending(rule => rule.Deployments).Take(MaxBudgets)]);
    }

    private static partial class Log
    {
        [LoggerMessage(8420, LogLevel.Warning, "The deployments were not counted for the page; it is tried again")]
        public static partial void NotCounted(ILogger logger, Exception e);
    }
}
