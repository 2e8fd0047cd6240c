using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Resources;

/// <summary>What the containers of one scope use, against what they used before and against how miners do. Pure: time comes with the samples. Not thread-safe.</summary>
internal sealed class ResourceWatch(BaselineOptions options)
{
    public const int MaxReplicas = 512;

    /// <summary>A rollout has two digests at work, and may be rolled back.</summary>
    public const int MaxTrainings = 4;

    private readonly ResourceTimes _times = new(options);

    // By container id. At most MaxReplicas: those unseen for a day leave when a new one comes, and beyond the bound the one unseen for longest.
    private readonly Dictionary<string, WatchedReplica> _replicas = new(StringComparer.Ordinal);

    // At most MaxTrainings: the digest that was not run for longest leaves.
    private readonly List<FloorTraining> _trainings = [];

    public ResourceTimes Times => _times;

    /// <param name="now">UTC ticks.</param>
    public WatchedReplica See(ContainerInfo container, long now)
    {
        var digest = container.ImageDigest.Length > 0 ? container.ImageDigest : container.Image;
        if (!_replicas.TryGetValue(container.Id, out var replica))
        {
            MakeRoom(now);
            replica = new() { Id = container.Id, Digest = digest, Started = container.Started?.UtcTicks ?? now };
            _replicas.Add(container.Id, replica);
        }

        replica.Seen = Math.Max(replica.Seen, now);
        replica.Digest = digest;
        return replica;
    }

    /// <summary>Of what it does beside computing. Null for a container that was never heard of.</summary>
    public WatchedReplica? Find(string container) => _replicas.GetValueOrDefault(container);

    /// <returns>True when a window ended with the sample, for which <see cref="Judge"/> is to be called.</returns>
    public bool Take(WatchedReplica replica, in ResourceSample sample, ProcessInfo? busiest)
    {
        var ended = replica.Series.Add(sample, busiest, _times, out var gap);

        // What was before an hour without sight is another story.
        if (gap > _times.Hour)
        {
            replica.Lift = new();
        }

        return ended;
    }

    /// <summary>Judges and learns the last window.</summary>
    public void Judge(WatchedReplica replica, in MinerSigns signs)
    {
        ref readonly var window = ref replica.Series.Windows[^1];
        replica.Terms = MinerScore.Of(replica.Series.Windows, signs);
        var scores = MinerScore.Points(replica.Terms) >= MinerScore.High;
        replica.IsScoreSettled &= scores;
        if (window.Start - replica.Started < _times.Start)
        {
            return;
        }

        var training = TrainingOf(replica.Digest);
        if (training.Thresholds(_times)?.At(window.Load) is { } usual)
        {
            replica.Lift.Take(window, usual);
        }

        replica.IsLiftSettled &= replica.Lift.IsLifted;
        training.Take(window, replica.Lift.IsLifted || scores, _times);
    }

    /// <summary>Time that the replica's digest was learnt from.</summary>
    public TimeSpan Covered(WatchedReplica replica) => new(_trainings.Find(training => training.Digest == replica.Digest)?.Covered ?? 0);

    /// <summary>The other replicas of its digest that were told of lately, and how many of them are lifted.</summary>
    public (int Others, int Lifted) Peers(WatchedReplica replica)
    {
        var (others, lifted) = (0, 0);
        foreach (var other in _replicas.Values)
        {
            if (other != replica && other.Digest == replica.Digest && other.Series.Last > replica.Series.Last - _times.Start)
            {
                others++;
                lifted += other.Lift.IsLifted ? 1 : 0;
            }
        }

        return (others, lifted);
    }

    /// <summary>A person closed an incident: what goes on in these containers is told again only after it was over.</summary>
    public void Settle(IEnumerable<string> containers)
    {
        foreach (var container in containers)
        {
            if (_replicas.TryGetValue(container, out var replica))
            {
                replica.IsLiftSettled = replica.Lift.IsLifted;
                replica.IsScoreSettled = MinerScore.Points(replica.Terms) >= MinerScore.High;
            }
        }
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(_trainings.Count);
        foreach (var training in _trainings)
        {
            training.Write(writer);
        }

        writer.Write(_replicas.Count);
        foreach (var replica in _replicas.Values.OrderBy(replica => replica.Id, StringComparer.Ordinal))
        {
            replica.Write(writer);
        }
    }

    /// <exception cref="FormatException">More than is ever kept.</exception>
    public static ResourceWatch Read(BinaryReader reader, BaselineOptions options)
    {
        var watch = new ResourceWatch(options);
        for (var left = Bounded(reader.ReadInt32(), MaxTrainings, "digests' floors"); left > 0; left--)
        {
            watch._trainings.Add(FloorTraining.Read(reader));
        }

        for (var left = Bounded(reader.ReadInt32(), MaxReplicas, "watched containers"); left > 0; left--)
        {
            var replica = WatchedReplica.Read(reader);
            watch._replicas[replica.Id] = replica;
        }

        return watch;
    }

    private FloorTraining TrainingOf(string digest)
    {
        foreach (var known in _trainings)
        {
            if (known.Digest == digest)
            {
                return known;
            }
        }

        var training = new FloorTraining(digest, isFirst: _trainings.Count == 0);
        if (_trainings.Count == MaxTrainings)
        {
            _trainings.Remove(_trainings.MinBy(known => known.Last)!);
        }

        _trainings.Add(training);
        return training;
    }

    private void MakeRoom(long now)
    {
        foreach (var (id, replica) in _replicas)
        {
            if (now - replica.Seen > _times.Day)
            {
                _replicas.Remove(id);
            }
        }

        if (_replicas.Count >= MaxReplicas)
        {
            _replicas.Remove(_replicas.Values.OrderBy(replica => replica.Seen).ThenBy(replica => replica.Id, StringComparer.Ordinal).First().Id);
        }
    }

    private static int Bounded(int count, int most, string what) =>
        count >= 0 && count <= most ? count : throw new FormatException($"{count} {what}; at most {most} are kept");
}
