using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Bench;

/// <summary>Our collector and agent for one measurement.</summary>
internal static class Stacks
{
    /// <summary>Answers once the agent watches and is connected.</summary>
    public static async Task<RuntimeStack> StartAsync(StackOptions options, CancellationToken cancellationToken)
    {
        var stack = RuntimeStack.Prepare(options);
        try
        {
            // What is left of a start that nobody awaits any more ends when the stack is gone.
            await stack.StartCollectorAsync().WaitAsync(cancellationToken);
            await stack.StartAgentAsync().WaitAsync(cancellationToken);
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the agent says of itself, made after the call. Agents report once a second here.</summary>
    public static async Task<AgentSummary> ReportAsync(this RuntimeStack stack, CancellationToken cancellationToken)
    {
        var (last, changes) = (0ul, -1);
        return await CollectorClient.UntilAsync(
            async () => (await stack.Client.Query.GetStatusAsync(new GetStatusRequest(), cancellationToken: cancellationToken)).Agents.Single(),
            agent =>
            {
                changes += agent.CpuNs == last ? 0 : 1;
                last = agent.CpuNs;
                // The one under way may have been made before; and what waits is neither delivered nor lost yet.
                return changes >= 2 && agent.QueueLength == 0;
            },
            TimeSpan.FromSeconds(60),
            "the agent reports");
    }
}
