using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>Something that watches the machine while a load runs.</summary>
internal interface IMonitor
{
    string Name { get; }

    /// <summary>Answers once it watches.</summary>
    Task<IRunningMonitor> StartAsync();
}

internal interface IRunningMonitor : IAsyncDisposable
{
    /// <summary>Its own processes' CPU time; what it costs inside the watched calls is in the calls' time.</summary>
    TimeSpan Cpu { get; }
}

/// <summary>Our agent with our collector behind it, as users run them. Only the agent's CPU is counted: the collector may stand elsewhere.</summary>
internal sealed class AgentMonitor(StackOptions options) : IMonitor
{
    public string Name => "this agent";

    public async Task<IRunningMonitor> StartAsync() => new Running(await RuntimeStack.StartAsync(options));

    private sealed class Running(RuntimeStack stack) : IRunningMonitor
    {
        public TimeSpan Cpu => Commands.CpuOf(stack.Agent!.Pid);

        public ValueTask DisposeAsync() => stack.DisposeAsync();
    }
}

/// <summary>A tracing tool that prints one line for each event; it is ready when it has printed its heading.</summary>
internal sealed class ToolMonitor(string name, string ready, string file, params string[] arguments) : IMonitor
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    public string Name => name;

    public async Task<IRunningMonitor> StartAsync()
    {
        // stdbuf: a tool that writes to a pipe holds its heading back otherwise.
        var tool = ServiceProcess.Start("stdbuf", ["-oL", file, .. arguments]);
        try
        {
            await CollectorClient.UntilAsync(() => Task.FromResult(tool.Output), output => output.Contains(ready, StringComparison.Ordinal), StartLimit, $"{name} prints its heading");
            return new Running(tool);
        }
        catch
        {
            await tool.DisposeAsync();
            throw;
        }
    }

    private sealed class Running(ServiceProcess tool) : IRunningMonitor
    {
        public TimeSpan Cpu => Commands.CpuOf(tool.Pid);

        public ValueTask DisposeAsync() => tool.DisposeAsync();
    }
}

/// <summary>auditd with one rule. The rule is taken back and the daemon ended afterwards; the kernel's audit switch is restored.</summary>
internal sealed class AuditMonitor(params string[] rule) : IMonitor
{
    public string Name => "auditd";

    public async Task<IRunningMonitor> StartAsync()
    {
        var daemon = ServiceProcess.Start("auditd", "-n");
        await CollectorClient.UntilAsync(
            async () => await Commands.RunAsync("auditctl", "-s"),
            status => status.Contains($"pid {daemon.Pid}", StringComparison.Ordinal),
            TimeSpan.FromSeconds(30),
            "auditd has the kernel's ear");

        // A large backlog and no wait: it may lose records, but must not block the load that is timed.
        await Commands.RunAsync("auditctl", "-b", "65536", "--backlog_wait_time", "0");
        await Commands.RunAsync("auditctl", ["-a", "always,exit", .. rule]);
        return new Running(daemon, rule);
    }

    private sealed class Running(ServiceProcess daemon, string[] rule) : IRunningMonitor
    {
        public TimeSpan Cpu => Commands.CpuOf(daemon.Pid);

        public async ValueTask DisposeAsync()
        {
            await Commands.RunAsync("auditctl", ["-d", "always,exit", .. rule]);
            await daemon.StopAsync(TimeSpan.FromSeconds(30));
            await daemon.DisposeAsync();
            await Commands.RunAsync("auditctl", "-e", "0");
        }
    }
}
