using System.Text;
using Microsoft.Extensions.Time.Testing;
using Runtime.Agent.Capture;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Tests.Processes;

/// <summary>A table with events that are easy to write. Times are nanoseconds since boot.</summary>
internal sealed class ProcessTableFixture : IContainerLookup
{
    public static readonly CgroupKey Host = new(1, 2);
    public static readonly CgroupKey InA = new(100, 2);
    public static readonly CgroupKey InB = new(200, 2);
    public const ulong Second = 1_000_000_000;

    public Dictionary<CgroupKey, string> Containers { get; } = new() { [InA] = "a", [InB] = "b" };
    public FakeTimeProvider Time { get; } = new();
    public ProcessTable Table { get; }

    public ProcessTableFixture(ProcfsReader? procfs = null, ProcessOptions? options = null) =>
        Table = new(options ?? new(), this, new Redaction(new byte[16]), procfs, Time);

    public string? ContainerIdOf(CgroupKey cgroup, uint pid) => Containers.GetValueOrDefault(cgroup);

    public CgroupKey KeyOf(ProcCgroup cgroup) => cgroup.V2 switch { "/a" => InA, "/b" => InB, _ => Host };

    public ulong this[string counter] => Table.Counters()[counter];

    public ProcessRecord Fork(uint parent, ulong parentStart, uint child, ulong at, CgroupKey? cgroup = null) => Table.OnFork(new ForkEvent
    {
        Origin = new(at, cgroup ?? Host, child, child, at),
        ParentPid = parent,
        ParentStartBootNs = parentStart,
    });

    public ProcessRecord Exec(uint pid, ulong start, string binary, ulong at, CgroupKey? cgroup = null, uint parent = 0, ulong parentStart = 0, string arguments = "", ExecFlags flags = 0, uint mounts = 0) => Table.OnExec(new ExecEvent
    {
        Origin = new(at, cgroup ?? Host, pid, pid, start),
        ParentPid = parent,
        ParentStartBootNs = parentStart,
        Binary = Encoding.UTF8.GetBytes(binary),
        Arguments = Encoding.UTF8.GetBytes(arguments),
        Cwd = "/"u8,
        Flags = flags,
        MountNamespace = mounts,
    });

    public ProcessRecord? Exit(uint pid, ulong start, ulong at) => Table.OnExit(new ExitEvent { Origin = new(at, Host, pid, pid, start) });

    /// <summary>A container as a runtime starts it: runc forks within the container's cgroup, and the child executes its program.</summary>
    public ProcessRecord StartContainer(CgroupKey cgroup, uint pid, ulong at, string binary = "/bin/web")
    {
        Exec(pid + 1000, at, "/usr/bin/runc", at, Host);
        Fork(pid + 1000, at, pid, at + 1, cgroup);
        return Exec(pid, at + 1, binary, at + 2, cgroup);
    }

    public static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>Binaries of the chain, parent first.</summary>
    public static string Chain(ProcessRecord? record)
    {
        var names = new List<string>();
        for (; record is not null; record = record.Parent)
            names.Insert(0, Text(record.Binary));
        return string.Join('>', names);
    }
}
