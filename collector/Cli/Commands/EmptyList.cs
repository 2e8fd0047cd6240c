using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

/// <summary>What an empty list means: nobody looks, nothing is known well enough yet, or all is quiet.</summary>
internal static class EmptyList
{
    private static readonly string[] _learning = ["learning", "provisional", "unstable", "reopened"];

    public static async Task WriteAsync(Connection connection, Terminal terminal, string what, bool filtered, CancellationToken stop)
    {
        if (filtered)
        {
            terminal.Out.WriteLine($"No {what} matches. Without filters: runtimectl {what}s list");
            return;
        }

        var status = await connection.AskAsync((query, options) => query.GetStatusAsync(new(), options), stop);
        if (!status.Agents.Any(agent => agent.Connected))
        {
            terminal.Out.WriteLine($"No {what}s, and no agent is connected: nobody looks. See runtimectl status.");
            return;
        }

        var deployments = await connection.AskAsync((query, options) => query.ListDeploymentsAsync(new() { PageSize = 1000 }, options), stop);
        var learning = (ulong)deployments.Deployments.Count(deployment => deployment.Groups.Count == 0 || deployment.Groups.Any(group => _learning.Contains(group.State)));
        terminal.Out.WriteLine(
            deployments.Deployments.Count == 0 ? $"No {what}s yet: no container was seen so far. See runtimectl status."
            : learning > 0 ? $"No {what}s yet: {Words.Count(learning, "deployment is", "deployments are")} still learning; see runtimectl deployments."
            : $"No {what}s: {Words.Count((ulong)deployments.Deployments.Count, "deployment does", "deployments do")} what {(deployments.Deployments.Count == 1 ? "its baseline says" : "their baselines say")}.");
    }
}
