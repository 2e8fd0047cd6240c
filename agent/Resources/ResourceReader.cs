using System.Globalization;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Resources;

/// <summary>What the containers of one round share: the buffer, the packets of their namespaces, and how many processes may still be looked at.</summary>
internal sealed class ResourceReader(ContainerOptions options)
{
    /// <summary>Processes looked at in one round, for all containers: bounds what a node full of busy containers costs.</summary>
    private const int MaxProcesses = 1024;

    // Bounded by the containers; of one round.
    private readonly Dictionary<uint, PacketCounters> _packets = [];
    // The host's network: pid 1's, which may not be looked at everywhere, and that which the agent is in.
    private readonly uint _hostNetwork = NamespaceOf(new SmallFile(), options.ProcRoot, 1);
    private readonly uint _ownNetwork = NamespaceOf(new SmallFile(), "/proc", (uint)Environment.ProcessId);
    private int _processesLeft;

    public SmallFile File { get; } = new();
    public string ProcRoot => options.ProcRoot;
    public CgroupMounts Mounts { get; } = new(options);

    public void Begin()
    {
        _packets.Clear();
        _processesLeft = MaxProcesses;
    }

    /// <returns>False when this round has looked at its share.</returns>
    public bool TryTakeProcesses(int count)
    {
        if (count > _processesLeft)
            return false;
        _processesLeft -= count;
        return true;
    }

    /// <summary>Of the network namespace that the process is in, read once a round.</summary>
    /// <returns>Null on the host's network, whose packets are no container's, and when the process is gone.</returns>
    public (uint Namespace, PacketCounters Counters)? ReadPackets(uint pid)
    {
        var id = NamespaceOf(File, ProcRoot, pid);
        if (id == 0 || id == _hostNetwork || id == _ownNetwork)
            return null;
        if (!_packets.TryGetValue(id, out var counters))
            _packets[id] = counters = NodeText.ParseNetDev(File.Read(PathOf(ProcRoot, pid, "net/dev")));
        return (id, counters);
    }

    private static uint NamespaceOf(SmallFile file, string procRoot, uint pid) => ProcfsText.ParseNamespaceLink(file.ReadLink(PathOf(procRoot, pid, "ns/net")));

    private static byte[] PathOf(string procRoot, uint pid, string name) => SmallFile.Path(string.Create(CultureInfo.InvariantCulture, $"{procRoot}/{pid}/{name}"));
}
