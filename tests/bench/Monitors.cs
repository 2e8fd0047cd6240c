using System.Globalization;
using System.Text.RegularExpressions;
using Runtime.Stack;

namespace Runtime.Bench;

/// <summary>Something that watches the machine while a load runs.</summary>
internal interface IMonitor
{
    string Name { get; }

    /// <summary>Answers once it watches.</summary>
    Task<IRunningMonitor> StartAsync(CancellationToken cancellationToken);
}

internal interface IRunningMonitor : IAsyncDisposable
{
    /// <summary>Its own processes' CPU time; what it costs inside the watched calls is in the calls' time.</summary>
    TimeSpan Cpu { get; }

    /// <summary>The same of all that works for it, be it on another machine in real life.</summary>
    TimeSpan Work => Cpu;

    double RssMebibytes { get; }

    /// <summary>Events that it says it lost since it started.</summary>
    Task<double> LostAsync(CancellationToken cancellationToken);
}

internal static partial class Monitors
{
    public const string Tools = "libbpf-tools", Script = "bpftrace", Audit = "auditd", PatientAudit = "auditd that waits";

    private static readonly string[][] s_audited = [["-S", "execve", "-S", "execveat"], ["-S", "open", "-S", "openat", "-S", "creat"], ["-S", "connect"]];

    private const string Calls = "tracepoint:syscalls:sys_enter_";

    public static string Agent(int rung) => string.Create(CultureInfo.InvariantCulture, $"this agent, rung {rung}");

    /// <summary>Each sees execs, opens and connects, as we do.</summary>
    public static IReadOnlyList<IMonitor> All(StackOptions options, string load, IReadOnlyList<int> rungs) =>
    [
        .. rungs.Select(rung => new AgentMonitor(options, rung)),
        // As cheap as it can be, when it loses what it has no room for; and as Debian's rules have it, when the watched wait until it has.
        new AuditMonitor(Audit, backlog: 65536, wait: 0, s_audited),
        new AuditMonitor(PatientAudit, backlog: 8192, wait: 60_000, s_audited),
        // tcpconnect needs kprobes, which not every kernel has.
        new ToolMonitor(Tools, load, ["execsnoop"], ["opensnoop"], ["tcpstates"]),
        new ToolMonitor(Script, load, ["bpftrace", "-e", Calls + "execve { printf(\"%d %s \", pid, comm); join(args->argv); } " + Calls + "openat { printf(\"%d %s %s\\n\", pid, comm, str(args->filename)); } " + Calls + "connect { printf(\"%d %s\\n\", pid, comm); }"]),
    ];

    /// <summary>
    /// Waits until it takes less than a tenth of a core: what it still does of its start, or of the load before, would be measured with the
    /// next. Gives up after half a minute, and the figures show it.
    /// </summary>
    public static async Task CalmAsync(this IRunningMonitor running, CancellationToken cancellationToken)
    {
        using var second = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        var before = running.Work;
        for (var i = 0; i < 60 && await second.WaitForNextTickAsync(cancellationToken); i++)
        {
            var work = running.Work - before;
            if (work < TimeSpan.FromMilliseconds(50))
            {
                return;
            }

            before += work;
        }
    }

    /// <summary>
    /// Our agent with our collector behind it, as users run them. Only the agent counts: the collector of a node stands elsewhere, so here it
    /// runs when nobody else wants the processor.
    /// </summary>
    private sealed class AgentMonitor(StackOptions options, int rung) : IMonitor
    {
        public string Name => Agent(rung);

        public async Task<IRunningMonitor> StartAsync(CancellationToken cancellationToken) =>
            new Running(await Stacks.StartAsync(options with { Rung = rung, CollectorPrefix = ["chrt", "--idle", "0"] }, cancellationToken));

        private sealed class Running(RuntimeStack stack) : IRunningMonitor
        {
            public TimeSpan Cpu => Commands.CpuOf(stack.Agent!.Pid);

            public TimeSpan Work => Cpu + Commands.CpuOf(stack.Collector!.Pid);

            public double RssMebibytes => Commands.MemoryOf(stack.Agent!.Pid).Rss;

            public async Task<double> LostAsync(CancellationToken cancellationToken) => (await stack.ReportAsync(cancellationToken)).Lost;

            public ValueTask DisposeAsync() => stack.DisposeAsync();
        }
    }

    /// <summary>Tracing tools that print one line for each event, into files that nobody reads meanwhile.</summary>
    private sealed partial class ToolMonitor(string name, string load, params string[][] commands) : IMonitor
    {
        private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

        public string Name => name;

        public async Task<IRunningMonitor> StartAsync(CancellationToken cancellationToken)
        {
            var running = new Running(load, commands);
            try
            {
                foreach (var tool in running.Processes)
                {
                    await AttachedAsync(tool).WaitAsync(cancellationToken);
                }

                return running;
            }
            catch
            {
                await running.DisposeAsync();
                throw;
            }
        }

        // A tool is at work when its descriptors of programs, links and perf events no longer become more.
        private async Task AttachedAsync(ServiceProcess tool)
        {
            var (last, calm) = (0, 0);
            await CollectorClient.UntilAsync(
                () => Task.FromResult(Commands.DescriptorsOf(tool.Pid, "anon_inode:")),
                count =>
                {
                    calm = count > 2 && count == last ? calm + 1 : 0;
                    last = count;
                    return calm >= 8;
                },
                StartLimit,
                $"{name} is attached:\n{tool.Output}");
        }

        private sealed partial class Running : IRunningMonitor
        {
            private readonly string _folder = Directory.CreateTempSubdirectory("runtime-bench-").FullName;

            public Running(string load, string[][] commands) =>
                Processes = [.. commands.Select((command, i) => ServiceProcess.Start(load, ["into", Path.Combine(_folder, $"{i}"), .. command]))];

            public IReadOnlyList<ServiceProcess> Processes { get; }

            public TimeSpan Cpu => Processes.Aggregate(TimeSpan.Zero, (sum, tool) => sum + Commands.CpuOf(tool.Pid));

            public double RssMebibytes => Processes.Sum(tool => Commands.MemoryOf(tool.Pid).Rss);

            public Task<double> LostAsync(CancellationToken cancellationToken) => Task.FromResult(Directory.EnumerateFiles(_folder).SelectMany(File.ReadLines)
                .Select(line => Lost().Match(line)).Where(match => match.Success).Sum(match => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)));

            public async ValueTask DisposeAsync()
            {
                foreach (var tool in Processes)
                {
                    await tool.DisposeAsync();
                }

                Directory.Delete(_folder, recursive: true);
            }

            // "lost 117 events on CPU #1!" of libbpf-tools, "Lost 117 events" of bpftrace.
            [GeneratedRegex("[Ll]ost ([0-9]+) events")]
            private static partial Regex Lost();
        }
    }
}
