using System.Globalization;
using Runtime.Collector.Inventory;
using Runtime.Collector.Nodes;
using Runtime.V1;

namespace Runtime.Collector.Ingest;

/// <summary>
/// Turns a batch into observations, or into words why not. Pure: no I/O, no clock but the one given, no exception on any input.
/// What is wrong is refused row by row (a table whose columns do not fit together as a whole), the rest is taken.
/// </summary>
internal sealed class BatchDecoder(IngestOptions options)
{
    private const int MaxContainers = 2000;
    private const int MaxLosses = 10_000;
    private const int MaxProbes = 64;
    private const int MaxReason = 512;
    private const int MaxLabels = 256;
    private const int MaxNameLength = 1024;

    public DecodedBatch Decode(AgentIdentity agent, Batch batch, DateTimeOffset now)
    {
        var rejections = new Rejections();
        var time = new BatchTime(batch.BaseUnixNs, now);
        var texts = new BatchTexts(batch.Strings);
        if (batch.Strings.Count > 0 && batch.Strings[0].Length > 0)
        {
            // Every row's zeros would mean something else than they say.
            rejections.Add("strings", 0, "length", batch.Strings[0].Length.ToString(CultureInfo.InvariantCulture), "strings[0] must be the empty string", Math.Max(1, EventRows(batch)));
            return new DecodedBatch(batch.Sequence, [], [], [], rejections.ToList());
        }

        var containers = Containers(agent, batch, time, now, rejections);
        var processes = new ProcessTable(batch.Processes ?? new ProcessColumns(), texts, containers, time, options.MaxBatchRows, rejections);
        var tables = new EventTables(agent, texts, time, processes, containers, options.MaxBatchRows, rejections);
        tables.Add(batch.Execs ?? new ExecColumns());
        tables.Add(batch.Exits ?? new ExitColumns());
        tables.Add(batch.Files ?? new FileColumns());
        tables.Add(batch.Networks ?? new NetworkColumns());
        tables.Add(batch.Privileges ?? new PrivilegeColumns());
        tables.Add(batch.Binaries ?? new BinaryColumns());
        tables.Add(batch.Managed ?? new ManagedColumns());
        tables.Add(batch.Resources ?? new ResourceColumns());
        var nodeLosses = Losses(agent, batch, containers, time, now, tables.Observations, rejections);
        var probes = Probes(batch, rejections);
        return new DecodedBatch(batch.Sequence, InOrder(tables.Observations), [.. containers.OfType<SeenContainer>()], nodeLosses, rejections.ToList()) { Probes = probes };
    }

    /// <summary>
    /// Tables come kind by kind, but a file is written before it is executed, and judged in the other order its execution would be that of a file that nobody wrote.
    /// What began in the same instant stays in the order of the tables.
    /// </summary>
    private static List<Observation> InOrder(List<Observation> observations) => [.. observations.OrderBy(observation => observation.First)];

    /// <returns>One entry for each row, in order; null where the row was refused.</returns>
    private static SeenContainer?[] Containers(AgentIdentity agent, Batch batch, BatchTime time, DateTimeOffset now, Rejections rejections)
    {
        var containers = new SeenContainer?[Math.Min(batch.Containers.Count, MaxContainers)];
        if (batch.Containers.Count > MaxContainers)
        {
            rejections.Add("containers", MaxContainers, "row", batch.Containers.Count.ToString(CultureInfo.InvariantCulture), $"a batch names at most {MaxContainers} containers", batch.Containers.Count - MaxContainers);
        }

        for (var row = 0; row < containers.Length; row++)
        {
            var container = batch.Containers[row];
            if (Fault(container) is { } fault)
            {
                rejections.Add("containers", row, fault.Column, fault.Value, fault.Rule);
                continue;
            }

            var info = new ContainerInfo(
                container.Id, container.Runtime, container.Name, container.PodName, container.PodNamespace, container.PodUid, container.Image, container.ImageDigest, container.PodIp,
                container.StartedUnixNs != 0 && time.TryGetUnix(container.StartedUnixNs, out var started) ? started : null, container.Complete)
            {
                PodLabels = new Dictionary<string, string>(container.PodLabels, StringComparer.Ordinal),
                CgroupPath = container.CgroupPath,
                ImageCreated = ImageCreated(container.ImageCreatedUnixS, now),
            };
            containers[row] = new SeenContainer(info, Owners.ScopeOf(agent.Cluster, agent.Node, info));
        }

        return containers;
    }

    /// <summary>An image's own word is no reason to refuse its container: a day after now is as good as none.</summary>
    private static DateTimeOffset? ImageCreated(long unixS, DateTimeOffset now) =>
        unixS > 0 && unixS <= now.AddDays(1).ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(unixS) : null;

    private static (string Column, string Value, string Rule)? Fault(Container container)
    {
        if (container.Id.Length is 0 or > 256)
        {
            return ("id", container.Id, "it must have 1 to 256 characters");
        }

        if (container.PodLabels.Count > MaxLabels || container.PodLabels.Any(label => label.Key.Length + label.Value.Length > MaxNameLength))
        {
            return ("pod_labels", container.PodLabels.Count.ToString(CultureInfo.InvariantCulture), $"at most {MaxLabels} labels of at most {MaxNameLength} characters");
        }

        foreach (var (column, value, longest) in new[]
        {
            ("runtime", container.Runtime, 64), ("name", container.Name, MaxNameLength), ("pod_name", container.PodName, MaxNameLength), ("pod_namespace", container.PodNamespace, MaxNameLength),
            ("pod_uid", container.PodUid, 128), ("image", container.Image, MaxNameLength), ("image_digest", container.ImageDigest, 256), ("pod_ip", container.PodIp, 64), ("cgroup_path", container.CgroupPath, 4096),
        })
        {
            if (value.Length > longest)
            {
                return (column, value, $"it must not be longer than {longest} characters");
            }
        }

        return null;
    }

    private static List<NodeLoss> Losses(
        AgentIdentity agent, Batch batch, SeenContainer?[] containers, BatchTime time, DateTimeOffset now, List<Observation> observations, Rejections rejections)
    {
        var nodeLosses = new List<NodeLoss>();
        for (var row = 0; row < Math.Min(batch.Losses.Count, MaxLosses); row++)
        {
            var loss = batch.Losses[row];
            if (loss.Kind is not ("process" or "file" or "network" or "privilege" or "binary" or "managed" or "resource"))
            {
                rejections.Add("losses", row, "kind", loss.Kind, "it must be process, file, network, privilege, binary, managed or resource");
                continue;
            }

            if (loss.Reason.Length is 0 or > 64 || loss.Count == 0 || loss.Container > containers.Length)
            {
                rejections.Add("losses", row, "reason, count, container", $"{loss.Reason}, {loss.Count}, {loss.Container}", "a reason of 1 to 64 characters, a count above 0 and a container of this batch are needed");
                continue;
            }

            // That something was lost counts more than when: a clock gone wrong does not hide it.
            var last = time.TryGetUnix(loss.LastUnixNs, out var end) ? end : now;
            var first = time.TryGetUnix(loss.FirstUnixNs, out var begin) && begin <= last ? begin : last;
            var container = loss.Container > 0 ? containers[loss.Container - 1] : null;
            if (container is null && !loss.Host)
            {
                nodeLosses.Add(new NodeLoss(loss.Kind, loss.Reason, loss.Count, first, last));
                continue;
            }

            observations.Add(new LossObservation
            {
                Scope = container?.Scope ?? Owners.Host(agent.Cluster, agent.Node), AgentId = agent.AgentId, Node = agent.Node, Container = container?.Container, Lineage = [],
                First = first, Last = last, Count = loss.Count, Kind = loss.Kind, Reason = loss.Reason,
            });
        }

        if (batch.Losses.Count > MaxLosses)
        {
            rejections.Add("losses", MaxLosses, "row", batch.Losses.Count.ToString(CultureInfo.InvariantCulture), $"a batch names at most {MaxLosses} losses", batch.Losses.Count - MaxLosses);
        }

        return nodeLosses;
    }

    private static List<SeenProbe> Probes(Batch batch, Rejections rejections)
    {
        var probes = new List<SeenProbe>();
        for (var row = 0; row < batch.Probes.Count; row++)
        {
            var probe = batch.Probes[row];
            if (row >= MaxProbes || !AgentSight.Kinds.Contains(probe.Kind) || probe.Reason.Length > MaxReason)
            {
                rejections.Add("probes", row, "kind, reason", $"{probe.Kind}, {probe.Reason}", $"at most {MaxProbes} probes, each of {string.Join(", ", AgentSight.Kinds)}, with a reason of at most {MaxReason} characters");
                continue;
            }

            probes.Add(new SeenProbe(probe.Kind, probe.SeenUnixNs != 0, probe.Reason));
        }

        return probes;
    }

    private static int EventRows(Batch batch) =>
        (batch.Execs?.First.Count ?? 0) + (batch.Exits?.Time.Count ?? 0) + (batch.Files?.First.Count ?? 0) + (batch.Networks?.First.Count ?? 0) + (batch.Privileges?.First.Count ?? 0)
        + (batch.Binaries?.Time.Count ?? 0) + (batch.Managed?.First.Count ?? 0) + (batch.Resources?.Time.Count ?? 0) + batch.Losses.Count;
}
