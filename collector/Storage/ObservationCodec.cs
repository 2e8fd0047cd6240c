using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Nodes;

namespace Runtime.Collector.Storage;

/// <summary>
/// An observation as the log keeps it: a version byte, a kind byte, then the fields in the order written here (numbers as LEB128
/// varints, text as length and UTF-8, times as UTC ticks). Its id and scope are columns of the row. A new field stands at
/// the end of its part and means a new version; older versions stay readable. A new kind needs none.
/// </summary>
internal static class ObservationCodec
{
    /// <summary>2: a process's loader variables and payload; a network's name and flags. 3: a privilege's flags. 4: a binary's package.</summary>
    private const byte Version = 5;

    public static byte[] Encode(Observation observation)
    {
        var writer = new PackedWriter();
        writer.Byte(Version);
        writer.Byte(observation switch
        {
            ExecObservation => 1,
            ExitObservation => 2,
            FileObservation => 3,
            NetworkObservation => 4,
            LossObservation => 5,
            PrivilegeObservation => 6,
            BinaryObservation => 7,
            ManagedObservation => 8,
            ResourceObservation => 9,
            SightObservation => 10,
            _ => throw new ArgumentOutOfRangeException(nameof(observation), observation.GetType().Name, "not a kind of the log"),
        });
        writer.Text(observation.AgentId);
        writer.Text(observation.Node);
        writer.Time(observation.First);
        writer.Time(observation.Last);
        writer.Number(observation.Count);
        Write(ref writer, observation.Container);
        writer.Number((ulong)observation.Lineage.Count);
        foreach (var process in observation.Lineage)
        {
            Write(ref writer, process);
        }

        switch (observation)
        {
            case ExitObservation exit:
                writer.Byte(exit.Code);
                writer.Byte(exit.Signal);
                writer.Number((ulong)exit.RunTime.Ticks);
                break;
            case FileObservation file:
                writer.Number((ulong)file.Operation);
                writer.Text(file.Path);
                writer.Text(file.Template);
                writer.Text(file.OtherPath);
                writer.Number((ulong)file.Flags);
                writer.Number((uint)file.Mode);
                writer.Number(file.Inode);
                writer.Number(file.Device);
                break;
            case NetworkObservation network:
                writer.Number((ulong)network.Operation);
                writer.Number((uint)network.Protocol);
                writer.Address(network.LocalAddress);
                writer.Number((uint)network.LocalPort);
                writer.Address(network.RemoteAddress);
                writer.Number((uint)network.RemotePort);
                writer.Number((uint)network.Error);
                writer.Number(network.BytesSent);
                writer.Number(network.BytesReceived);
                writer.Number((ulong)network.Duration.Ticks);
                writer.Text(network.Payload);
                writer.Text(network.Name);
                writer.Number((ulong)network.Flags);
                break;
            case PrivilegeObservation privilege:
                writer.Number((ulong)privilege.Operation);
                writer.Number(privilege.Value);
                writer.Text(privilege.Subject);
                writer.Text(privilege.Detail);
                writer.Number((uint)privilege.Error);
                writer.Number((ulong)privilege.Flags);
                break;
            case ResourceObservation resource:
                ResourceCodec.Write(ref writer, resource);
                break;
            case BinaryObservation binary:
                writer.Text(binary.Path);
                writer.Number(binary.Inode);
                writer.Number(binary.Device);
                writer.Number(binary.Size);
                writer.Text(binary.Sha256);
                writer.Number((ulong)binary.Traits);
                if (binary.Traits.HasFlag(BinaryTraits.Disagrees))
                {
                    writer.Text(binary.ElsewhereSha256);
                }

                writer.Byte((byte)binary.Package.Verdict);
                writer.Byte((byte)binary.Package.Flags);
                writer.Text(binary.Package.Name);
                writer.Text(binary.Package.Version);
                writer.Text(binary.Package.Architecture);
                writer.Text(binary.Package.Distribution);
                break;
            case ManagedObservation managed:
                writer.Number((ulong)managed.Operation);
                writer.Text(managed.Name);
                writer.Text(managed.Path);
                writer.Number((ulong)managed.Flags);
                break;
            case SightObservation sight:
                writer.Text(sight.Kind);
                writer.Byte(sight.IsBlind ? (byte)1 : (byte)0);
                writer.Time(sight.Since);
                writer.Text(sight.Reason);
                break;
            case LossObservation loss:
                writer.Text(loss.Kind);
                writer.Text(loss.Reason);
                break;
        }

        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">Not written by <see cref="Encode"/>, or by a newer program.</exception>
    public static Observation Decode(long id, Scope scope, ReadOnlySpan<byte> body)
    {
        var reader = new PackedReader(body);
        var version = reader.Byte();
        if (version is 0 or > Version)
        {
            throw new InvalidDataException($"observation {id} has format version {version}; this collector reads versions 1 to {Version}");
        }

        var kind = reader.Byte();
        var agentId = reader.Text();
        var node = reader.Text();
        var first = reader.Time();
        var last = reader.Time();
        var count = reader.Number();
        var container = ReadContainer(ref reader, version);
        var lineage = new ProcessInfo[reader.Length()];
        for (var i = 0; i < lineage.Length; i++)
        {
            lineage[i] = ReadProcess(ref reader, version);
        }

        return kind switch
        {
            1 => new ExecObservation { Id = id, Scope = scope, AgentId = agentId, Node = node, Container = container, First = first, Last = last, Count = count, Lineage = lineage },
            2 => new ExitObservation
            {
                Id = id, Scope = scope, AgentId = agentId, Node = node, Container = container, First = first, Last = last, Count = count, Lineage = lineage,
                Code = reader.Byte(), Signal = reader.Byte(), RunTime = reader.Span(),
            },
            3 => new FileObservation
            {
                Id = id, Scope = scope, AgentId = agentId, Node = node, Container = container, First = first, Last = last, Count = count, Lineage = lineage,
                Operation = (FileOperation)reader.Number(), Path = reader.Text(), Template = reader.Text(), OtherPath = reader.Text(),
                Flags = (FileFlags)reader.Number(), Mode = (int)reader.Number(), Inode = reader.Number(), Device = (uint)reader.Number(),
            },
            4 => new NetworkObservation
            {
                Id = id, Scope = scope, AgentId = agentId, Node = node, Container = container, First = first, Last = last, Count = count, Lineage = lineage,
                Operation = (NetworkOperation)reader.Number(), Protocol = (int)reader.Number(),
                LocalAddress = reader.Address(), LocalPort = (int)reader.Number(), RemoteAddress = reader.Address(), RemotePort = (int)reader.Number(),
                Error = (int)reader.Number(), BytesSent = reader.Number(), BytesReceived = reader.Number(), Duration = reader.Span(), Payload = reader.Text(),
                Name = version >= 2 ? reader.Text() : "", Flags = version >= 2 ? (NetworkFlags)reader.Number() : NetworkFlags.None,
            },
            5 => new LossObservation
            {
                Id = id, Scope = scope, AgentId = agentId, Node = node, Container = container, First = first, Last = last, Count = count, Lineage = lineage,
                Kind = reader.Text(), Reason = reader.Text(),
            },
            6 => new PrivilegeObservation
            {
                Id = id, Scope = scope, AgentId = agentId, Node = node, Container = container, First = first, Last = last, Count = count, Lineage = lineage,
                Operation = (PrivilegeOperation)reader.Number(), Value = reader.Number(), Subject = reader.Text(), Detail = reader.Text(), Error = (int)reader.Number(),
                Flags = version >= 3 ? (PrivilegeFlags)reader.Number() : PrivilegeFlags.None,
            },
            9 => new ResourceObservation
            {
                Id = id, Scope = scope, AgentId = agentId, Node = node, Container = container, First = first, Last = last, Count = count, Lineage = lineage,
                Samples = ResourceCodec.Read(ref reader, first),
            },
            7 => ReadBinary(ref reader, version, new BinaryObservation
            {
                Id = id, Scope = scope, AgentId = agentId, Node = node, Container = container, First = first, Last = last, Count = count, Lineage = lineage,
                Path = reader.Text(), Inode = reader.Number(), Device = (uint)reader.Number(), Size = reader.Number(), Sha256 = reader.Text(), Traits = (BinaryTraits)reader.Number(),
            }),
            8 => new ManagedObservation
            {
                Id = id, Scope = scope, AgentId = agentId, Node = node, Container = container, First = first, Last = last, Count = count, Lineage = lineage,
                Operation = (ManagedOperation)reader.Number(), Name = reader.Text(), Path = reader.Text(), Flags = (ManagedFlags)reader.Number(),
            },
            10 => new SightObservation
            {
                Id = id, Scope = scope, AgentId = agentId, Node = node, Container = container, First = first, Last = last, Count = count, Lineage = lineage,
                Kind = reader.Text(), IsBlind = reader.Byte() == 1, Since = reader.Time(), Reason = reader.Text(),
            },
            _ => throw new InvalidDataException($"observation {id} has kind {kind}, which this collector does not know"),
        };
    }

    private static void Write(ref PackedWriter writer, ContainerInfo? container)
    {
        writer.Byte(container is null ? (byte)0 : (byte)1);
        if (container is null)
        {
            return;
        }

        writer.Text(container.Id);
        writer.Text(container.Runtime);
        writer.Text(container.Name);
        writer.Text(container.PodName);
        writer.Text(container.PodNamespace);
        writer.Text(container.PodUid);
        writer.Text(container.Image);
        writer.Text(container.ImageDigest);
        writer.Text(container.PodIp);
        writer.OptionalTime(container.Started);
        writer.Byte(container.Complete ? (byte)1 : (byte)0);
        writer.Text(container.CgroupPath);
        writer.Number((ulong)container.PodLabels.Count);
        foreach (var (key, value) in container.PodLabels)
        {
            writer.Text(key);
            writer.Text(value);
        }

        writer.OptionalTime(container.ImageCreated);
    }

    private static ContainerInfo? ReadContainer(ref PackedReader reader, byte version)
    {
        if (reader.Byte() == 0)
        {
            return null;
        }

        var container = new ContainerInfo(
            reader.Text(), reader.Text(), reader.Text(), reader.Text(), reader.Text(), reader.Text(), reader.Text(), reader.Text(), reader.Text(),
            reader.OptionalTime(), reader.Byte() == 1) { CgroupPath = reader.Text() };
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var left = reader.Length(); left > 0; left--)
        {
            labels[reader.Text()] = reader.Text();
        }

        return container with { PodLabels = labels, ImageCreated = version >= 5 ? reader.OptionalTime() : null };
    }

    private static BinaryObservation ReadBinary(ref PackedReader reader, byte version, BinaryObservation binary)
    {
        var elsewhere = binary.Traits.HasFlag(BinaryTraits.Disagrees) ? reader.Text() : "";
        var package = version >= 4
            ? new PackageFinding((PackageVerdict)reader.Byte(), (PackageFlags)reader.Byte(), reader.Text(), reader.Text(), reader.Text(), reader.Text())
            : PackageFinding.Unknown;
        return binary with { ElsewhereSha256 = elsewhere, Package = package };
    }

    private static void Write(ref PackedWriter writer, ProcessInfo process)
    {
        writer.Number(process.Pid);
        writer.Number(process.StartBootNs);
        writer.Text(process.Binary);
        Write(ref writer, process.Arguments);
        writer.Text(process.Cwd);
        writer.Text(process.Script);
        writer.Number(process.Uid);
        writer.Number(process.Euid);
        writer.Number(process.Gid);
        writer.Number(process.LoginUid);
        writer.Number((ulong)process.Flags);
        writer.Number((ulong)process.Phase);
        writer.Time(process.Executed);
        writer.Number(process.Inode);
        writer.Number(process.Device);
        writer.Number(process.Size);
        writer.Number(process.EffectiveCapabilities);
        writer.OptionalTime(process.BinaryModified);
        Write(ref writer, process.LoaderVariables);
        writer.Text(process.Payload);
    }

    private static void Write(ref PackedWriter writer, IReadOnlyList<string> texts)
    {
        writer.Number((ulong)texts.Count);
        foreach (var text in texts)
        {
            writer.Text(text);
        }
    }

    private static string[] ReadTexts(ref PackedReader reader)
    {
        var texts = new string[reader.Length()];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = reader.Text();
        }

        return texts;
    }

    private static ProcessInfo ReadProcess(ref PackedReader reader, byte version)
    {
        var pid = (uint)reader.Number();
        var start = reader.Number();
        var binary = reader.Text();
        var arguments = ReadTexts(ref reader);
        return new ProcessInfo(
            pid, start, binary, arguments, reader.Text(), reader.Text(), (uint)reader.Number(), (uint)reader.Number(), (uint)reader.Number(), (uint)reader.Number(),
            (ProcessFlags)reader.Number(), (Phase)reader.Number(), reader.Time())
        {
            Inode = reader.Number(), Device = (uint)reader.Number(), Size = reader.Number(), EffectiveCapabilities = reader.Number(), BinaryModified = reader.OptionalTime(),
            LoaderVariables = version >= 2 ? ReadTexts(ref reader) : [], Payload = version >= 2 ? reader.Text() : "",
        };
    }
}
