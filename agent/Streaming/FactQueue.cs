using Runtime.Agent.Containers;
using Runtime.Agent.Reduction;
using Runtime.Agent.Sight;

namespace Runtime.Agent.Streaming;

/// <summary>What is worth more when there is no room. Low goes first.</summary>
internal enum Lane : byte
{
    Resource = 0,
    FileRepeat = 1,
    NetworkRepeat = 2,
    ProcessRepeat = 3,
    NewFile = 4,
    NewNetwork = 5,
    NewProcess = 6,
}

/// <summary>Facts on their way to the collector, in memory. Posted on the capture thread, taken by the stream; a short lock between them.</summary>
/// <remarks>
/// When it is full, the least worthy fact leaves: resources first, repeats before first sights, files before network before processes, and of
/// those the oldest one of the container that holds the most. So one noisy container displaces its own facts first, and an exec
/// that was never seen leaves only when the queue holds nothing else. What left is counted, and the count is a fact that goes out with the next batch.
/// <para>Posted = taken + queued + dropped, at every moment.</para>
/// </remarks>
internal sealed class FactQueue(int capacity, TimeProvider time) : IFactSink, IProbeSink
{
    private const int Lanes = 7;
    private const int MaxProbes = 48;
    private const string Full = "queue_full";
    private readonly Lock _lock = new();

    // Facts bounded by capacity together, containers by those that had facts since the last batch was taken.
    private readonly Dictionary<string, ContainerLanes> _containers = new(StringComparer.Ordinal);

    // By lane: whose turn it is to hand over a fact. Each container stands at most once in each.
    private readonly Queue<ContainerLanes>[] _turns = [.. Enumerable.Range(0, Lanes).Select(_ => new Queue<ContainerLanes>())];

    // Bounded by containers with losses between two batches, times kinds, times reasons.
    private readonly Dictionary<LossKey, LossFact> _losses = [];

    // Bounded by MaxContainers of WaitingFacts, which posts them; the newest record of each.
    private readonly Dictionary<string, ContainerRecord> _repairs = new(StringComparer.Ordinal);

    // Bounded by MaxProbes, the oldest leaves: only whether sight is proven counts, and the newest say it.
    private readonly Queue<ProbeResult> _probes = new();

    private readonly Wakeup _changed = new();
    private readonly Wakeup _room = new();
    private int _count;
    private long _firstStamp, _firstUrgentStamp;
    private bool _hasUrgent, _completed;
    private ulong _posted, _taken, _dropped, _lossesPosted;
    private readonly ulong[] _droppedByLane = new ulong[Lanes];

    public int Capacity => capacity;

    /// <summary>Called with each loss, once, under the queue's lock: it must not wait.</summary>
    public Action<LossFact>? OnLoss { get; init; }

    public int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    /// <summary>No fact, no loss and no repair is left.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _count == 0 && Aside == 0;
        }
    }

    public bool IsCompleted
    {
        get
        {
            lock (_lock)
                return _completed;
        }
    }

    public void Post(Fact fact)
    {
        var lane = LaneOf(fact);
        lock (_lock)
        {
            _posted++;
            if (_completed || (_count >= capacity && !TryMakeRoom(lane, fact.Container?.Id ?? "")))
            {
                Drop(fact, lane, Full);
                return;
            }
            var id = fact.Container?.Id ?? "";
            if (!_containers.TryGetValue(id, out var lanes))
                _containers[id] = lanes = new(id);
            if (lanes.Add(lane, fact))
                _turns[(int)lane].Enqueue(lanes);
            Counted(urgent: lane is Lane.NewProcess or Lane.NewNetwork);
            _count++;
        }
    }

    public void Post(LossFact loss)
    {
        lock (_lock)
        {
            _lossesPosted++;
            Merge(loss);
            Counted(urgent: false);
        }
    }

    public void Post(ContainerRecord container)
    {
        lock (_lock)
        {
            _repairs[container.Id] = container;
            Counted(urgent: false);
        }
    }

    public void Post(ProbeResult probe)
    {
        lock (_lock)
        {
            _probes.Enqueue(probe);
            if (_probes.Count > MaxProbes)
                _probes.Dequeue();
            Counted(urgent: false);
        }
    }

    /// <summary>For a source that can wait. Blocks until a fact fits, the queue is completed, or cancellation.</summary>
    public void WaitForRoom(CancellationToken cancellationToken)
    {
        while (Count >= capacity && !IsCompleted && !cancellationToken.IsCancellationRequested)
            _room.WaitAsync(cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default).Wait(CancellationToken.None);
    }

    /// <summary>No fact follows; what is held can still be taken.</summary>
    public void Complete()
    {
        lock (_lock)
        {
            _completed = true;
            _changed.Set();
        }
    }

    /// <summary>Waits until there is something that should leave now: old enough, urgent enough, or a full batch of it; or the queue is completed.</summary>
    public async Task WaitAsync(TimeSpan urgentDelay, TimeSpan delay, int rows, CancellationToken cancellationToken)
    {
        while (true)
        {
            var wait = Timeout.InfiniteTimeSpan;
            lock (_lock)
            {
                if (_completed || _count >= rows)
                    return;
                if (_count + Aside > 0)
                {
                    wait = delay - time.GetElapsedTime(_firstStamp);
                    if (_hasUrgent && urgentDelay - time.GetElapsedTime(_firstUrgentStamp) is var urgent && urgent < wait)
                        wait = urgent;
                    if (wait <= TimeSpan.Zero)
                        return;
                }
            }
            if (wait == Timeout.InfiniteTimeSpan)
            {
                await _changed.WaitAsync(cancellationToken);
                continue;
            }
            using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(_changed.WaitAsync(timer.Token), Task.Delay(wait, time, timer.Token));
            await timer.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Moves at most <paramref name="max"/> facts to <paramref name="into"/>, the worthiest lane first, one of each container in turn.</summary>
    public void Take(Queue<Fact> into, int max)
    {
        lock (_lock)
        {
            for (var lane = Lanes - 1; lane >= 0; lane--)
            {
                while (max > 0 && _turns[lane].TryDequeue(out var lanes))
                {
                    if (lanes.Of((Lane)lane).TryDequeue(out var fact))
                    {
                        into.Enqueue(fact);
                        max--;
                        _taken++;
                        _count--;
                        lanes.Count--;
                    }
                    if (lanes.KeepsTurn((Lane)lane))
                        _turns[lane].Enqueue(lanes);
                    else if (lanes.IsDone)
                        _containers.Remove(lanes.Id);
                }
            }
            // Empty: the next urgent one begins a new wait.
            _hasUrgent &= _count > 0;
            _room.Set();
        }
    }

    /// <summary>A fact that was taken and cannot be sent: counted as lost.</summary>
    public void Refuse(Fact fact, string reason)
    {
        lock (_lock)
        {
            _taken--;
            Drop(fact, LaneOf(fact), reason);
            _changed.Set();
        }
    }

    /// <summary>What was lost since the last call, containers to repair, and what the probes showed.</summary>
    public (IReadOnlyList<LossFact> Losses, IReadOnlyList<ContainerRecord> Repairs, IReadOnlyList<ProbeResult> Probes) TakeAside()
    {
        lock (_lock)
        {
            if (Aside == 0)
                return ([], [], []);
            var aside = (_losses.Values.ToArray(), _repairs.Values.ToArray(), _probes.ToArray());
            _losses.Clear();
            _repairs.Clear();
            _probes.Clear();
            return aside;
        }
    }

    /// <summary>By name since start. Any thread.</summary>
    public IReadOnlyDictionary<string, ulong> Counters()
    {
        lock (_lock)
        {
            var counters = new Dictionary<string, ulong>
            {
                ["queue.posted"] = _posted,
                ["queue.taken"] = _taken,
                ["queue.dropped"] = _dropped,
                ["queue.losses"] = _lossesPosted,
                ["queue.length"] = (ulong)_count,
            };
            for (var lane = 0; lane < Lanes; lane++)
                counters[$"queue.dropped.{(Lane)lane}"] = _droppedByLane[lane];
            return counters;
        }
    }

    private int Aside => _losses.Count + _repairs.Count + _probes.Count;

    internal static Lane LaneOf(Fact fact) => fact switch
    {
        ResourceFact => Lane.Resource,
        FileFact => fact.IsNew ? Lane.NewFile : Lane.FileRepeat,
        NetworkFact => fact.IsNew ? Lane.NewNetwork : Lane.NetworkRepeat,
        _ => fact.IsNew ? Lane.NewProcess : Lane.ProcessRepeat,
    };

    /// <summary>Drops a fact that is worth less than one of <paramref name="lane"/>, or one of its own lane of the container that holds the most.</summary>
    /// <returns>False when the new fact itself is what should go.</returns>
    private bool TryMakeRoom(Lane lane, string id)
    {
        for (var victimLane = (Lane)0; victimLane <= lane; victimLane++)
        {
            ContainerLanes? most = null;
            string? mostId = null;
            foreach (var (otherId, lanes) in _containers)
            {
                if (lanes.Of(victimLane).Count > 0 && (most is null || lanes.Count > most.Count))
                    (most, mostId) = (lanes, otherId);
            }
            if (most is null)
                continue;
            // Within its own lane a container does not displace others' facts, nor its own older ones, when it holds the most already.
            if (victimLane == lane && mostId == id)
                return false;
            Drop(most.Of(victimLane).Dequeue(), victimLane, Full);
            _count--;
            most.Count--;
            return true;
        }
        return false;
    }

    private void Drop(Fact fact, Lane lane, string reason)
    {
        _dropped++;
        _droppedByLane[(int)lane]++;
        var kind = fact switch { FileFact => "file", NetworkFact => "network", PrivilegeFact => "privilege", BinaryFact => "binary", ManagedFact => "managed", ResourceFact => "resource", _ => "process" };
        // A repeat stands for as many sights as it counted.
        Merge(new LossFact(fact.Container, fact.Container is null, kind, reason, fact.Count, fact.FirstUnixNs, fact.LastUnixNs));
    }

    private void Merge(LossFact loss)
    {
        OnLoss?.Invoke(loss);
        var key = new LossKey(loss.Container?.Id, loss.Host, loss.Kind, loss.Reason);
        _losses[key] = _losses.TryGetValue(key, out var sum)
            ? loss with { Count = sum.Count + loss.Count, FirstUnixNs = Math.Min(sum.FirstUnixNs, loss.FirstUnixNs), LastUnixNs = Math.Max(sum.LastUnixNs, loss.LastUnixNs) }
            : loss;
    }

    /// <summary>Something came in: whoever waits looks at its clocks again if that changes them.</summary>
    private void Counted(bool urgent)
    {
        var isFirst = _count == 0 && Aside <= 1;
        if (isFirst)
            _firstStamp = time.GetTimestamp();
        var isFirstUrgent = urgent && !_hasUrgent;
        if (isFirstUrgent)
        {
            _hasUrgent = true;
            _firstUrgentStamp = time.GetTimestamp();
        }
        if (isFirst || isFirstUrgent || (_count & 1023) == 1023)
            _changed.Set();
    }

    private readonly record struct LossKey(string? Container, bool Host, string Kind, string Reason);

    private sealed class ContainerLanes(string id)
    {
        private readonly Queue<Fact>?[] _queues = new Queue<Fact>?[Lanes];
        private readonly bool[] _hasTurn = new bool[Lanes];

        public string Id => id;

        /// <summary>Holds nothing and stands in no line.</summary>
        public bool IsDone => Count == 0 && !_hasTurn.Contains(true);

        /// <summary>Of all lanes.</summary>
        public int Count { get; set; }

        public Queue<Fact> Of(Lane lane) => _queues[(int)lane] ??= new();

        /// <returns>True when the container has to stand in that lane's line from now on.</returns>
        public bool Add(Lane lane, Fact fact)
        {
            Of(lane).Enqueue(fact);
            Count++;
            if (_hasTurn[(int)lane])
                return false;
            return _hasTurn[(int)lane] = true;
        }

        /// <summary>After its turn: whether there is more, and so another one.</summary>
        public bool KeepsTurn(Lane lane) => _hasTurn[(int)lane] = Of(lane).Count > 0;
    }
}
