using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Resources;

namespace Runtime.Collector.Scopes;

/// <summary>What containers use. It is never learnt as an item: only a person's approval makes it the deployment's own.</summary>
internal sealed partial class ObservationJudge
{
    /// <summary>The whole node's use is nobody's behaviour and is passed over.</summary>
    public void JudgeUse(ResourceObservation use, ResourceWatch watch)
    {
        if (use.Container is not { } container)
        {
            return;
        }

        var replica = watch.See(container, use.Last.UtcTicks);
        var busiest = use.Lineage.Count > 0 ? use.Process : null;
        for (var i = 0; i < use.Samples.Count; i++)
        {
            if (!watch.Take(replica, use.Samples[i], busiest))
            {
                continue;
            }

            var signs = new MinerSigns(
                busiest is not null && IsForeign(busiest, baseline.Replicas.Find(replica.Digest)),
                replica.Flows.Find(replica.Series.Last, MinerScore.MostFlowRate, watch.Times), replica.IsControlled, replica.IsPooled);
            watch.Judge(replica, signs);
            if (MinerScore.Points(replica.Terms) >= MinerScore.High && !replica.IsScoreSettled)
            {
                TellMiner(use, replica, signs);
            }

            if (replica.Lift.IsLifted && !replica.IsLiftSettled)
            {
                TellFloor(use, replica, watch);
            }
        }
    }

    /// <summary>What a container does beside computing and a miner does too.</summary>
    public void NoteMinerSigns(Observation observation, ImageVersion? image, ResourceWatch watch)
    {
        if (observation.Container is not { } container)
        {
            return;
        }

        switch (observation)
        {
            case NetworkObservation { Operation: NetworkOperation.FirstBytes, Payload: "stratum" }:
                watch.See(container, observation.Last.UtcTicks).IsPooled = true;
                break;
            case FileObservation { Operation: FileOperation.SensitiveWrite } file when Places.Control(file.Path) is { Class: "hugepages" or "msr" }:
                watch.See(container, observation.Last.UtcTicks).IsControlled = true;
                break;
            case NetworkObservation { Operation: NetworkOperation.Progress, RemoteAddress: not null } going:
                NoteFlow(going, container, image, watch);
                break;
        }
    }

    private void NoteFlow(NetworkObservation going, ContainerInfo container, ImageVersion? image, ResourceWatch watch)
    {
        var isLong = going.Duration.Ticks >= watch.Times.LongFlow;
        if (!isLong && watch.Find(container.Id) is null)
        {
            return;
        }

        var peer = new global::System.Net.IPEndPoint(going.RemoteAddress!, going.RemotePort).ToString();
        var replica = watch.See(container, going.Last.UtcTicks);
        if (isLong && IsForeign(going, image))
        {
            replica.Flows.Note(peer, going.Process.Pid, going.Last.UtcTicks, going.Duration.Ticks, (double)going.BytesSent + going.BytesReceived);
        }
        else
        {
            replica.Flows.Forget(peer, going.Process.Pid);
        }
    }

    /// <summary>A file that is no part of the image; or one that a baseline which has learnt does not know.</summary>
    private bool IsForeign(ProcessInfo program, ImageVersion? image) =>
        (program.Flags & (ProcessFlags.UpperLayer | ProcessFlags.Memfd | ProcessFlags.Deleted)) != 0
        || (!IsLearning(baseline.StateFor(KindGroup.Process, image)) && baseline.Items.Find(_key.Exec(program)) is null or { State: ItemState.Pending });

    /// <summary>A peer that a baseline which has learnt does not know. While one learns all peers are new, which says nothing.</summary>
    private bool IsForeign(NetworkObservation going, ImageVersion? image)
    {
        var kind = Peers.KindOf(going);
        if (kind is not (PeerKind.Public or PeerKind.Private) || IsLearning(baseline.StateFor(KindGroup.Egress, image)))
        {
            return false;
        }

        Span<char> folded = stackalloc char[Peers.FoldedLength];
        Span<char> port = stackalloc char[16];
        return FindEgress(going, Peers.Fold(kind, going.RemoteAddress, folded), port) is null or { State: ItemState.Pending };
    }

    private void TellFloor(ResourceObservation use, WatchedReplica replica, ResourceWatch watch)
    {
        var key = _key.Resource(ItemKey.Floor, "", replica.Digest).ToString();
        if (IsApproved(key))
        {
            return;
        }

        ref readonly var lift = ref replica.Lift;
        var window = replica.Series.Windows[^1];
        var covered = watch.Covered(replica);
        var title = Titles.Floor(
            use.Container!, scope.DisplayName, lift.Floor, lift.Usual, new(window.Time), lift.Load is not null, new(window.End - lift.Since), covered);
        var assessment = ResourceEvidence.OfFloor(lift, window, covered, watch.Peers(replica), use.Lineage.Count > 0 ? use.Process : null);
        Tell(use, key, title, assessment, lift.Since, window.End, LockRule.LearningThreshold, stands: false, opens: lift.IsAlarm);
    }

    private void TellMiner(ResourceObservation use, WatchedReplica replica, in MinerSigns signs)
    {
        var busiest = use.Lineage.Count > 0 ? use.Process : null;
        var key = _key.Resource(ItemKey.Miner, busiest?.Binary ?? "", replica.Digest).ToString();
        if (IsApproved(key))
        {
            return;
        }

        var windows = replica.Series.Windows;
        var taken = new MinerUse(windows);
        var title = Titles.Miner(use.Container!, busiest?.Binary ?? "", scope.DisplayName, MinerScore.Points(replica.Terms), MinerScore.High, taken.Cores, taken.Time);
        Tell(
            use, key, title, ResourceEvidence.OfMiner(replica.Terms, taken, signs, busiest), windows[0].Start, windows[^1].End, LockRule.LockedThreshold,
            stands: true, opens: true);
    }

    private void Tell(
        ResourceObservation use, string key, string title, Assessment assessment, long since, long now, double threshold, bool stands, bool opens)
    {
        var told = use with { First = new(since, TimeSpan.Zero), Last = new(now, TimeSpan.Zero), Count = 1 };
        incidents.RaiseUse(
            new Finding(told, ItemKind.Resource, [key], title, assessment, KindGroup.Resource, threshold, Root: 0, null, IsLearning: false) { Stands = stands }, opens);
    }

    private bool IsApproved(string key) => baseline.Items.Find(key) is { State: ItemState.Approved };
}
