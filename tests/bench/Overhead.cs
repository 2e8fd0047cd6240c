using System.Globalization;
using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>What watching costs the watched: the same load bare, watched, bare, in turn with every monitor, round after round.</summary>
internal sealed class Overhead(Report report, string load, StackOptions options, int rounds)
{
    private const string Trace = "tracepoint:syscalls:";

    public async Task RunAsync()
    {
        await using var server = ServiceProcess.Start(load, "serve", "47081");
        await CollectorClient.UntilAsync(() => Task.FromResult(server.Output), output => output.Contains("ready", StringComparison.Ordinal), TimeSpan.FromSeconds(10), "the load's server listens");
        var agent = new AgentMonitor(options);
        await CompareAsync("exec", ["exec", "700"],
        [
            agent,
            new ToolMonitor("execsnoop", "PCOMM", "execsnoop"),
            new ToolMonitor("bpftrace", "Attaching", "bpftrace", "-e", Trace + "sys_enter_execve { printf(\"%d %s \", pid, comm); join(args->argv); }"),
            new AuditMonitor("-F", "arch=b64", "-S", "execve", "-S", "execveat"),
        ]);
        await CompareAsync("open for writing", ["open-write", "100000"],
        [
            agent,
            new ToolMonitor("opensnoop", "COMM", "opensnoop"),
            new ToolMonitor("bpftrace", "Attaching", "bpftrace", "-e", Trace + "sys_enter_openat { printf(\"%d %s %s\\n\", pid, comm, str(args->filename)); }"),
            new AuditMonitor("-F", "arch=b64", "-S", "openat", "-F", "a2&01"),
        ]);
        await CompareAsync("connect", ["connect", "4000", "47081"],
        [
            agent,
            new ToolMonitor("tcpstates", "SKADDR", "tcpstates"),
            new ToolMonitor("bpftrace", "Attaching", "bpftrace", "-e", Trace + "sys_enter_connect { printf(\"%d %s\\n\", pid, comm); }"),
            new AuditMonitor("-F", "arch=b64", "-S", "connect"),
        ]);
        await CompareAsync("a call that nobody asked for (getppid)", ["getppid", "2000000"], [agent]);
    }

    private async Task CompareAsync(string what, string[] arguments, IReadOnlyList<IMonitor> monitors)
    {
        var bare = new Samples();
        var results = monitors.ToDictionary(monitor => monitor, _ => (Ratio: new Samples(), Added: new Samples(), Cpu: new Samples()));
        await Commands.NumberAsync(load, arguments);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var monitor in monitors)
            {
                var before = await Commands.NumberAsync(load, arguments);
                double watched;
                await using (var running = await monitor.StartAsync())
                {
                    var cpu = running.Cpu;
                    watched = await Commands.NumberAsync(load, arguments);
                    results[monitor].Cpu.Add((running.Cpu - cpu).TotalSeconds);
                }

                var after = await Commands.NumberAsync(load, arguments);
                bare.Add(before);
                bare.Add(after);
                results[monitor].Ratio.Add(100 * (watched / ((before + after) / 2) - 1));
                results[monitor].Added.Add(watched - (before + after) / 2);
            }
        }

        report.Table(
            string.Create(CultureInfo.InvariantCulture, $"{what}: bare {bare.Range("0")} ns a time, {rounds} rounds, median [min .. max]"),
            ["watched by", "slower by %", "added ns a time", "its own CPU s"],
            [.. monitors.Select(monitor => (string[])[monitor.Name, results[monitor].Ratio.Range("+0.0;-0.0"), results[monitor].Added.Range("0"), results[monitor].Cpu.Range("0.00")])]);
    }
}
