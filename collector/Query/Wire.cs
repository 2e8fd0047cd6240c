using Google.Protobuf.WellKnownTypes;
using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Nodes;

namespace Runtime.Collector.Query;

/// <summary>Our records as messages of query.proto. The only place that knows both.</summary>
internal static class Wire
{
    public static V1.Image Image(ImageSummary image) => new()
    {
        Reference = image.Reference,
        Registry = ImageName.Parse(image.Reference).Registry,
        Digest = image.Digest,
        FirstSeen = Time(image.FirstSeen),
        LastSeen = Time(image.LastSeen),
        Created = image.Created is { } created ? Time(created) : null,
        Replicas = (uint)image.Replicas,
        Deployments = (uint)image.Deployments,
        ScopeIds = { image.ScopeIds },
        Nodes = (uint)image.Nodes,
        NodeNames = { image.NodeNames },
    };

    public static V1.Deployment Deployment(DeploymentRow row)
    {
        var scope = Scope.Parse(row.Scope.ScopeId);
        return new()
        {
            ScopeId = row.Scope.ScopeId,
            Cluster = scope.Cluster,
            Namespace = scope.Namespace,
            OwnerKind = scope.OwnerKind,
            OwnerName = scope.OwnerName,
            Container = scope.Container,
            Images = { row.Scope.Images },
            Replicas = (uint)row.Scope.Replicas,
            Groups = { row.Baseline?.Groups.Select(Group) ?? [] },
            Items = (ulong)(row.Baseline?.Items.Count ?? 0),
            OpenIncidents = (ulong)row.Scope.OpenIncidents,
            FirstSeen = Time(row.Scope.FirstSeen),
            LastSeen = Time(row.Scope.LastSeen),
            AlertBudget = row.Baseline?.Budget.FalseAlertsPerDay ?? 0,
            AlertBudgetSetting = row.Baseline?.Budget.Setting ?? "",
        };
    }

    public static V1.Baseline Baseline(DeploymentRow row) => new()
    {
        Deployment = Deployment(row),
        Items = { row.Baseline?.Items.Select(Item) ?? [] },
        Versions = { row.Baseline?.Versions.Select(Version) ?? [] },
    };

    public static V1.ExpandItemResponse Expanded(ExpandedView expanded) => new()
    {
        ScopeId = expanded.ScopeId,
        Key = expanded.Key,
        Items = { expanded.Items.Select(Item) },
        Forgotten = (ulong)expanded.Forgotten,
    };

    public static V1.Deviation Deviation(Deviation deviation) => new()
    {
        Id = deviation.Id,
        ScopeId = deviation.ScopeId,
        IncidentId = deviation.IncidentId,
        Time = Time(deviation.Time),
        LastSeen = Time(deviation.LastSeen),
        Count = deviation.Count,
        Kind = deviation.Kind,
        Key = deviation.Key,
        Title = deviation.Title,
        Severity = (V1.Severity)(int)deviation.Severity,
        Evidence = { deviation.Evidence.Select(Evidence) },
        EValue = deviation.EValue,
        ContainerId = deviation.Container?.Id ?? "",
        PodName = deviation.Container?.PodName ?? "",
        Node = deviation.Node,
        Image = deviation.Container?.Image ?? "",
        ImageDigest = deviation.Container?.ImageDigest ?? "",
        Lineage = { deviation.Lineage.Select(Process) },
        State = EventText.Snake(deviation.State.ToString()),
    };

    public static V1.Incident Incident(Incident incident) => new()
    {
        Id = incident.Id,
        ScopeId = incident.ScopeId,
        Title = incident.Title,
        Severity = (V1.Severity)(int)incident.Severity,
        State = EventText.Snake(incident.State.ToString()),
        FirstSeen = Time(incident.FirstSeen),
        LastSeen = Time(incident.LastSeen),
        Count = incident.Count,
        EValue = incident.EValue,
        Threshold = incident.Threshold,
        Alerted = incident.AlertedRevision > 0,
        Techniques = { incident.Techniques },
        Pods = { incident.Pods },
        Containers = { incident.Containers },
        Nodes = { incident.Nodes },
        Images = { incident.Images },
        ProcessTree = incident.ProcessTree,
        UntoldFacts = (uint)incident.UntoldFacts,
        Delayed = incident is { DelayedRevision: > 0, AlertedRevision: 0 },
        MutedBy = { incident.IsMuted ? incident.MutedBy : [] },
    };

    public static V1.Incident Incident(IncidentDetail detail)
    {
        var message = Incident(detail.Incident);
        message.Deviations.Add(detail.Deviations.Select(Deviation));
        message.Audit.Add(detail.Incident.Audit.Select(entry => new V1.AuditEntry { Time = Time(entry.Time), Who = entry.Who, Action = entry.Action, Note = entry.Note }));
        message.Deliveries.Add(detail.Deliveries.Select(delivery => new V1.DeliveryStatus
        {
            Notifier = delivery.Notifier,
            State = delivery.State,
            Attempts = (uint)delivery.Attempts,
            Time = Time(delivery.Time),
            Answer = delivery.Answer,
        }));
        return message;
    }

    public static V1.GetDigestResponse Digests(CurrentDigests current) => new()
    {
        Last = current.Last is { } last ? Time(last) : null,
        Digests = { current.Digests.Select(Digest) },
    };

    public static V1.Event Event(Observation observation)
    {
        var message = new V1.Event
        {
            Id = observation.Id,
            ScopeId = observation.Scope.Id,
            Node = observation.Node,
            ContainerId = observation.Container?.Id ?? "",
            PodName = observation.Container?.PodName ?? "",
            Kind = EventText.Kind(observation),
            FirstSeen = Time(observation.First),
            LastSeen = Time(observation.Last),
            Count = observation.Count,
            Summary = EventText.Summary(observation),
            Image = observation.Container?.Image ?? "",
            ImageDigest = observation.Container?.ImageDigest ?? "",
            Lineage = { observation.Lineage.Select(Process) },
        };
        foreach (var (name, value) in EventText.Details(observation))
        {
            message.Details.Add(name, value);
        }

        return message;
    }

    /// <param name="status">The agent's newest; null when none came since the collector started.</param>
    public static V1.AgentSummary Agent(StoredAgent agent, bool connected, V1.AgentStatus? status, IReadOnlyList<SightView> sight)
    {
        var message = new V1.AgentSummary
        {
            AgentId = agent.AgentId,
            Cluster = agent.Cluster,
            Node = agent.Node,
            Version = agent.Version,
            KernelRelease = agent.KernelRelease,
            Connected = connected,
            LastSeen = Time(agent.LastSeen),
            LastSequence = agent.LastSequence,
            Lost = agent.Lost,
            Stopped = agent.IsStopped,
            Sight =
            {
                sight.Select(kind => new V1.AgentSummary.Types.Sight { Kind = kind.Kind, LastSeen = Time(kind.LastSeen), Blind = kind.IsBlind, Reason = kind.Reason }),
            },
            Losses =
            {
                agent.Losses.Select(loss => new V1.AgentSummary.Types.Loss { Kind = loss.Kind, Reason = loss.Reason, Count = loss.Count, FirstSeen = Time(loss.First), LastSeen = Time(loss.Last) }),
            },
        };
        if (status is not null)
        {
            message.Hooks.Add(status.Hooks.Select(hook => new V1.AgentSummary.Types.Hook { Name = hook.Name, Attached = hook.Attached, Reason = hook.Reason, Loses = hook.Loses }));
            message.Counters.Add(status.Counters);
            message.Containers = status.Containers;
            message.ContainersIncomplete = status.ContainersIncomplete;
            message.Rung = status.Rung;
            message.RungReason = status.RungReason;
            message.Coverage.Add(status.Coverage);
            message.QueueLength = status.QueueLength;
            message.QueueCapacity = status.QueueCapacity;
            message.ResidentBytes = status.ResidentBytes;
            message.CpuNs = status.CpuNs;
        }

        return message;
    }

    public static Timestamp Time(DateTimeOffset time) => Timestamp.FromDateTimeOffset(time);

    private static V1.Digest Digest(Digest digest) => new()
    {
        Cluster = digest.Cluster,
        Since = Time(digest.Since),
        Until = Time(digest.Until),
        Lines = { digest.Lines.Select(DigestLine) },
        More = (ulong)digest.More,
        Quiet = (ulong)digest.Quiet,
    };

    private static V1.DigestLine DigestLine(DigestLine line) => new()
    {
        IncidentId = line.IncidentId,
        ScopeId = line.ScopeId,
        Title = line.Title,
        Severity = (V1.Severity)(int)line.Severity,
        EValue = line.EValue,
        Threshold = line.Threshold,
        Delayed = line.IsDelayed,
        Pods = { line.Pods },
        PodCount = (uint)line.PodCount,
        FirstSeen = Time(line.FirstSeen),
        LastSeen = Time(line.LastSeen),
        Count = line.Count,
        Told = line.Told is { } told ? Time(told) : null,
    };

    private static V1.BaselineGroup Group(BaselineGroupView group) => new()
    {
        Kind = EventText.Snake(group.Group.ToString()),
        State = EventText.Snake(group.State.ToString()),
        Units = (ulong)group.Units,
        Starts = (ulong)group.Starts,
        Items = (ulong)group.Items,
        Singletons = (ulong)group.Singletons,
        Doubletons = (ulong)group.Doubletons,
        PredictedNew = group.PredictedNew,
        Lambda = group.Lambda,
        Coverage = group.Coverage,
        Threshold = group.Threshold,
        QuietUnits = group.QuietUnits,
        WaitsFor = group.WaitsFor,
        Churning = { group.Churning.Select(churning => new V1.BaselineGroup.Types.ChurningPrefix { Prefix = churning.Prefix, Items = (ulong)churning.Items }) },
    };

    public static V1.BaselineItem Item(BaselineItemView item) => new()
    {
        Kind = item.Kind,
        Key = item.Key,
        FirstSeen = Time(item.FirstSeen),
        LastSeen = Time(item.LastSeen),
        Count = item.Count,
        Units = (uint)item.Units,
        Starts = (uint)item.Starts,
        Days = (uint)item.Days,
        State = item.State,
        ApprovedBy = item.ApprovedBy,
        ApprovedAt = item.ApprovedAt is { } when ? Time(when) : null,
        Names = (ulong)item.Names,
        Examples = { item.Examples },
        RemovedBy = item.RemovedBy,
        RemovedAt = item.RemovedAt is { } removed ? Time(removed) : null,
        RemovedReason = item.RemovedReason,
    };

    private static V1.ImageVersion Version(ImageVersionView version) => new()
    {
        Name = version.Name,
        Digest = version.Digest,
        FirstSeen = version.FirstSeen is { } first ? Time(first) : null,
        LastSeen = version.LastSeen is { } last ? Time(last) : null,
        Replicas = (uint)version.Replicas,
        Starts = (uint)version.Starts,
        OnProbation = version.OnProbation,
    };

    private static V1.Evidence Evidence(Evidence evidence) => new() { Reason = evidence.Reason, Factor = evidence.Factor, Technique = evidence.Technique };

    private static V1.Process Process(ProcessInfo process) => new()
    {
        Pid = process.Pid,
        Started = Time(process.Executed),
        Binary = process.Binary,
        Arguments = { process.Arguments },
        Cwd = process.Cwd,
        Uid = process.Uid,
        Flags = { EventText.FlagNames(process.Flags) },
        Phase = EventText.Snake(process.Phase.ToString()),
        Script = process.Script,
    };
}
