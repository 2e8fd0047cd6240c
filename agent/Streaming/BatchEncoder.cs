using System.Collections.Concurrent;
using Google.Protobuf;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Runtime.Agent.Sight;
using Runtime.V1;

namespace Runtime.Agent.Streaming;

/// <summary>Turns facts into one batch that stands by itself: its own tables of strings, containers and processes. One use for each batch; one thread.</summary>
/// <remarks>Sizes are estimated upwards, so that a batch that was taken in fits what the collector takes.</remarks>
/// <param name="maxBytes">Of the serialized batch.</param>
internal sealed class BatchEncoder(IWallClock clock, int maxRows, int maxBytes)
{
    /// <summary>Above a process, up to the container's first one.</summary>
    public const int MaxAncestors = 16;

    // The longest encoding of one row of each table without its text: every varint at its full length.
    private const int RowBytes = 200, ProcessBytes = 260, LossBytes = 128, BatchBytes = 256;

    private readonly Batch _batch = new()
    {
        Processes = new(),
        Execs = new(),
        Exits = new(),
        Files = new(),
        Networks = new(),
        Privileges = new(),
        Binaries = new(),
        Managed = new(),
        Resources = new(),
        Strings = { ByteString.Empty },
    };

    // All bounded by the batch's rows and bytes.
    private readonly Dictionary<byte[], uint> _strings = new(ByteContent.Comparer);
    private readonly Dictionary<string, uint> _containers = new(StringComparer.Ordinal);
    private readonly Dictionary<ProcessIdentity, uint> _processes = [];
    private readonly List<ProcessRecord> _lineage = [];
    private long _bytes = BatchBytes;
    private long _baseUnixNs;

    /// <summary>Rows of the event tables.</summary>
    public int Rows { get; private set; }

    public bool IsEmpty => Rows == 0 && _batch.Losses.Count == 0 && _batch.Containers.Count == 0 && _batch.Probes.Count == 0;

    /// <returns>False when it does not fit any more; the batch is unchanged then.</returns>
    public bool TryAdd(Fact fact)
    {
        var rows = fact is ResourceFact window ? window.Samples.Count : 1;
        if (Rows >= maxRows || (Rows > 0 && Rows + rows > maxRows))
            return false;
        Lineage(fact);
        if (_bytes + Cost(fact) > maxBytes)
            return false;
        if (_baseUnixNs == 0)
            _baseUnixNs = fact.FirstUnixNs;
        var container = Container(fact.Container);
        uint process = 0;
        for (var i = _lineage.Count - 1; i >= 0; i--)
            process = Process(_lineage[i], fact.Container, container, process);
        switch (fact)
        {
            case ExecFact exec:
                Add(exec, process);
                break;
            case ExitFact exit:
                Add(exit, process);
                break;
            case FileFact file:
                Add(file, process);
                break;
            case NetworkFact network:
                Add(network, process);
                break;
            case PrivilegeFact privilege:
                PrivilegeRows.Add(_batch.Privileges, privilege, Relative(privilege.FirstUnixNs), Relative(privilege.LastUnixNs), process, Text(privilege.Subject), Text(privilege.Detail));
                break;
            case BinaryFact binary:
                BinaryRows.Add(_batch.Binaries, binary, Relative(binary.FirstUnixNs), process, Text);
                break;
            case ManagedFact managed:
                ManagedRows.Add(_batch.Managed, managed, Relative(managed.FirstUnixNs), Relative(managed.LastUnixNs), process, Text(managed.Name), Text(managed.Path));
                break;
            case ResourceFact resource:
                ResourceRows.Add(_batch.Resources, resource, container, process, Relative);
                break;
            default:
                throw new ArgumentException($"{fact.GetType().Name} has no table in a batch", nameof(fact));
        }
        Rows += rows;
        return true;
    }

    /// <summary>Losses and containers are few, and must leave: they are taken in beyond the bound on rows.</summary>
    public void Add(LossFact loss)
    {
        _batch.Losses.Add(new Loss
        {
            Container = Container(loss.Container),
            Host = loss.Host,
            Kind = loss.Kind,
            Reason = loss.Reason,
            Count = loss.Count,
            FirstUnixNs = (ulong)loss.FirstUnixNs,
            LastUnixNs = (ulong)loss.LastUnixNs,
        });
        _bytes += LossBytes;
    }

    public void Add(ContainerRecord container) => Container(container);

    public void Add(ProbeResult probe)
    {
        _batch.Probes.Add(new Probe { Kind = SightProbes.NameOf(probe.Kind), DoneUnixNs = (ulong)probe.DoneUnixNs, SeenUnixNs = (ulong)probe.SeenUnixNs, Reason = probe.Reason });
        _bytes += LossBytes + probe.Reason.Length;
    }

    public Batch Build(ulong sequence)
    {
        _batch.Sequence = sequence;
        _batch.BaseUnixNs = (ulong)_baseUnixNs;
        return _batch;
    }

    private void Add(ExecFact fact, uint process)
    {
        var table = _batch.Execs;
        table.First.Add(Relative(fact.FirstUnixNs));
        table.Last.Add(Relative(fact.LastUnixNs));
        table.Count.Add(fact.Count);
        table.Process.Add(process);
    }

    private void Add(ExitFact fact, uint process)
    {
        var table = _batch.Exits;
        table.Time.Add(Relative(fact.FirstUnixNs));
        table.Process.Add(process);
        table.Code.Add(fact.Code);
        table.Signal.Add(fact.Signal);
        table.RunTimeNs.Add(fact.RunTimeNs);
    }

    private void Add(FileFact fact, uint process)
    {
        var table = _batch.Files;
        table.First.Add(Relative(fact.FirstUnixNs));
        table.Last.Add(Relative(fact.LastUnixNs));
        table.Count.Add(fact.Count);
        table.Process.Add(process);
        table.Operation.Add((uint)fact.Operation);
        table.Path.Add(Text(fact.Path));
        table.Template.Add(Text(fact.Template));
        table.OtherPath.Add(Text(fact.OtherPath));
        table.Flags.Add((uint)fact.Flags);
        table.Mode.Add(fact.Mode);
        table.Inode.Add(fact.Inode);
        table.Device.Add(fact.Device);
    }

    private void Add(NetworkFact fact, uint process)
    {
        var table = _batch.Networks;
        table.First.Add(Relative(fact.FirstUnixNs));
        table.Last.Add(Relative(fact.LastUnixNs));
        table.Count.Add(fact.Count);
        table.Process.Add(process);
        table.Operation.Add((uint)fact.Operation);
        table.Protocol.Add(fact.Protocol);
        table.LocalAddress.Add(Text(fact.LocalAddress));
        table.LocalPort.Add(fact.LocalPort);
        table.RemoteAddress.Add(Text(fact.RemoteAddress));
        table.RemotePort.Add(fact.RemotePort);
        table.Error.Add(fact.Error);
        table.BytesSent.Add(fact.BytesSent);
        table.BytesReceived.Add(fact.BytesReceived);
        table.DurationNs.Add(fact.DurationNs);
        table.Payload.Add(Text(PayloadBytes.Of(fact.Payload)));
        table.Name.Add(Text(fact.Name));
        table.Flags.Add((uint)fact.Flags);
    }

    private uint Process(ProcessRecord process, ContainerRecord? owner, uint container, uint parent)
    {
        var identity = ProcessIdentity.Of(process, owner);
        if (_processes.TryGetValue(identity, out var column))
            return column;
        var table = _batch.Processes;
        table.Pid.Add(process.Key.Pid);
        table.StartBootNs.Add(process.Key.StartBootNs);
        table.Parent.Add(parent);
        table.Container.Add(container);
        table.Binary.Add(Text(process.Binary));
        table.Arguments.Add(Text(process.Arguments));
        table.Cwd.Add(Text(process.Cwd));
        table.Script.Add(Text(process.Script));
        table.Uid.Add(process.Uid);
        table.Euid.Add(process.Euid);
        table.Gid.Add(process.Gid);
        table.LoginUid.Add(process.LoginUid);
        table.Flags.Add((uint)process.Flags);
        table.Inode.Add(process.Inode);
        table.Device.Add(process.Device);
        table.ModifiedUnixS.Add(process.ModifiedUnixSeconds);
        table.ChangedUnixS.Add(process.ChangedUnixSeconds);
        table.Size.Add(process.Size);
        table.Links.Add(process.Links);
        table.Capabilities.Add(process.EffectiveCapabilities);
        table.Phase.Add((uint)process.Phase);
        table.ExecTime.Add(Relative(clock.ToUnixNs(process.ExecBootNs)));
        table.MountNamespace.Add(process.MountNamespace);
        table.PidNamespace.Add(process.PidNamespace);
        table.NetworkNamespace.Add(process.NetworkNamespace);
        table.UserNamespace.Add(process.UserNamespace);
        table.LoaderVariables.Add(Text(process.LoaderVariables));
        table.Payload.Add(Text(process.Payload));
        column = (uint)table.Pid.Count;
        _processes.Add(identity, column);
        _bytes += ProcessBytes;
        return column;
    }

    private uint Container(ContainerRecord? container)
    {
        if (container is null)
            return 0;
        var message = ContainerMessages.Of(container);
        if (_containers.TryGetValue(container.Id, out var column))
        {
            // The same container, better known by now.
            if (!_batch.Containers[(int)column - 1].Complete)
                _batch.Containers[(int)column - 1] = message;
            return column;
        }
        _batch.Containers.Add(message);
        column = (uint)_batch.Containers.Count;
        _containers.Add(container.Id, column);
        _bytes += message.CalculateSize() + 8;
        return column;
    }

    private uint Text(byte[] text)
    {
        if (text.Length == 0)
            return 0;
        if (_strings.TryGetValue(text, out var index))
            return index;
        index = (uint)_batch.Strings.Count;
        // The array is never written again: facts and records are immutable.
        _batch.Strings.Add(UnsafeByteOperations.UnsafeWrap(text));
        _strings.Add(text, index);
        _bytes += text.Length + 6;
        return index;
    }

    private long Relative(long unixNs) => unixNs - _baseUnixNs;

    /// <summary>The process first, then those above it that are of the same container (of the host: all), at most 16.</summary>
    private void Lineage(Fact fact)
    {
        _lineage.Clear();
        for (var process = fact.Process; process is not null && process != ProcessRecord.None && _lineage.Count <= MaxAncestors; process = process.Parent)
        {
            // The runtime that made the container's first process stays outside, even while its own cgroup is taken for a container.
            if (fact.Container is not null && process.ContainerId != fact.Process.ContainerId)
                break;
            _lineage.Add(process);
        }
    }

    private long Cost(Fact fact)
    {
        long bytes = RowBytes;
        foreach (var process in _lineage)
        {
            if (!_processes.ContainsKey(ProcessIdentity.Of(process, fact.Container)))
                bytes += ProcessBytes + Cost(process.Binary) + Cost(process.Arguments) + Cost(process.Cwd) + Cost(process.Script) + Cost(process.LoaderVariables) + Cost(process.Payload);
        }
        if (fact.Container is { } container && !_containers.ContainsKey(container.Id))
            bytes += ContainerMessages.Of(container).CalculateSize() + 8;
        if (fact is FileFact file)
            bytes += Cost(file.Path) + Cost(file.Template) + Cost(file.OtherPath);
        if (fact is NetworkFact network)
            bytes += Cost(network.Name);
        if (fact is ResourceFact resource)
            bytes += (resource.Samples.Count - 1) * RowBytes;
        if (fact is PrivilegeFact privilege)
            bytes += Cost(privilege.Subject) + Cost(privilege.Detail);
        if (fact is BinaryFact binary)
            bytes += BinaryRows.TextsOf(binary).Sum(Cost);
        if (fact is ManagedFact managed)
            bytes += Cost(managed.Name) + Cost(managed.Path);
        return bytes;
    }

    private int Cost(byte[] text) => text.Length == 0 || _strings.ContainsKey(text) ? 0 : text.Length + 6;

    /// <summary>What makes two records the same row. A host's process can stand above a container's first one: its own facts are the host's all the same.</summary>
    private readonly record struct ProcessIdentity(ProcessKey Key, ulong ExecBootNs, ProcessFlags Flags, Processes.Phase Phase, string ContainerId)
    {
        public static ProcessIdentity Of(ProcessRecord process, ContainerRecord? owner) => new(process.Key, process.ExecBootNs, process.Flags, process.Phase, owner?.Id ?? "");
    }

    /// <summary>Texts of the payload classes, so that each is one array.</summary>
    private static class PayloadBytes
    {
        private static readonly ConcurrentDictionary<string, byte[]> Known = new(StringComparer.Ordinal);

        // Bounded by PayloadClass's five names.
        public static byte[] Of(string payload) => payload.Length == 0 ? [] : Known.GetOrAdd(payload, name => global::System.Text.Encoding.ASCII.GetBytes(name));
    }
}
