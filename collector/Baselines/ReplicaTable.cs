namespace Runtime.Collector.Baselines;

/// <summary>One container instance of a scope.</summary>
internal sealed class Replica
{
    public required int Ordinal { get; init; }
    public required string Id { get; init; }
    public required string Digest { get; set; }

    /// <summary>Its beginning was watched: it is a start that taught what starts do.</summary>
    public required bool StartWatched { get; init; }

    /// <summary>UTC ticks.</summary>
    public required long FirstSeen { get; init; }
    public long LastSeen { get; set; }
    public bool Ended { get; set; }
}

/// <summary>One image digest that a scope ran.</summary>
internal sealed class ImageVersion
{
    public required string Digest { get; init; }
    public required string Name { get; init; }
    public required int FirstUnit { get; init; }

    /// <summary>Instances of it whose start was watched.</summary>
    public int Starts { get; set; }

    /// <summary>New to a baseline that had learnt another: its novelty is judged mildly until it has run a day and started twice.</summary>
    public bool OnProbation { get; set; }
}

/// <summary>The container instances and images of a scope.</summary>
internal sealed class ReplicaTable
{
    public const int MaxReplicas = 512;
    public const int MaxImages = 32;

    /// <summary>By container id. At most <see cref="MaxReplicas"/>: the one unseen for longest leaves.</summary>
    private readonly Dictionary<string, Replica> _replicas = new(StringComparer.Ordinal);

    /// <summary>In order of first sight. At most <see cref="MaxImages"/>: the oldest leaves.</summary>
    private readonly List<ImageVersion> _images = [];

    /// <summary>Instances seen since the scope began.</summary>
    public int Instances { get; private set; }

    /// <summary>Those whose start was watched.</summary>
    public int StartsWatched { get; private set; }
    public IReadOnlyList<ImageVersion> Images => _images;
    public IEnumerable<Replica> All => _replicas.Values;

    /// <summary>UTC ticks of the newest start that was watched; 0 when none was.</summary>
    public long LastStart => _replicas.Values.Where(replica => replica.StartWatched).Select(replica => replica.FirstSeen).DefaultIfEmpty().Max();

    public Replica See(string id, bool startWatched, long ticks)
    {
        if (_replicas.TryGetValue(id, out var known))
        {
            known.LastSeen = Math.Max(known.LastSeen, ticks);
            return known;
        }

        if (_replicas.Count >= MaxReplicas)
        {
            _replicas.Remove(_replicas.Values.MinBy(replica => (replica.LastSeen, replica.Ordinal))!.Id);
        }

        var added = new Replica { Ordinal = Instances++, Id = id, Digest = "", StartWatched = startWatched, FirstSeen = ticks, LastSeen = ticks };
        StartsWatched += startWatched ? 1 : 0;
        _replicas.Add(id, added);
        return added;
    }

    /// <returns>Null for a container that was never seen, or that left.</returns>
    public Replica? FindReplica(string id) => _replicas.GetValueOrDefault(id);

    /// <summary>Tells which image a replica runs, once that is known.</summary>
    /// <param name="probation">Whether an image never seen before comes to a baseline that has learnt.</param>
    /// <returns>The image when the scope never ran it before; null else.</returns>
    public ImageVersion? Runs(Replica replica, string digest, string name, int unit, bool probation)
    {
        if (digest.Length == 0 || replica.Digest == digest)
        {
            return null;
        }

        replica.Digest = digest;
        var image = Find(digest);
        var isNew = image is null;
        if (image is null)
        {
            if (_images.Count >= MaxImages)
            {
                _images.RemoveAt(0);
            }

            image = new ImageVersion { Digest = digest, Name = name, FirstUnit = unit, OnProbation = probation };
            _images.Add(image);
        }

        image.Starts += replica.StartWatched ? 1 : 0;
        return isNew ? image : null;
    }

    public ImageVersion? Find(string digest)
    {
        foreach (var image in _images)
        {
            if (image.Digest == digest)
            {
                return image;
            }
        }

        return null;
    }

    /// <summary>Ends probations: a day and two starts, or three days for what starts once.</summary>
    public void MoveTo(int unit, BaselineOptions options)
    {
        foreach (var image in _images)
        {
            var age = unit - image.FirstUnit;
            if (image.OnProbation && age >= BaselineOptions.UnitsPerDay && (image.Starts >= options.Starts || age >= options.UnitsInsteadOfStarts))
            {
                image.OnProbation = false;
            }
        }
    }

    /// <summary>Instances that did not end and were seen after <paramref name="since"/> (UTC ticks).</summary>
    public int Live(long since)
    {
        var live = 0;
        foreach (var replica in _replicas.Values)
        {
            live += !replica.Ended && replica.LastSeen >= since ? 1 : 0;
        }

        return live;
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(Instances);
        writer.Write(StartsWatched);
        writer.Write(_replicas.Count);
        foreach (var replica in _replicas.Values.OrderBy(replica => replica.Ordinal))
        {
            writer.Write(replica.Ordinal);
            writer.Write(replica.Id);
            writer.Write(replica.Digest);
            writer.Write(replica.StartWatched);
            writer.Write(replica.FirstSeen);
            writer.Write(replica.LastSeen);
            writer.Write(replica.Ended);
        }

        writer.Write(_images.Count);
        foreach (var image in _images)
        {
            writer.Write(image.Digest);
            writer.Write(image.Name);
            writer.Write(image.FirstUnit);
            writer.Write(image.Starts);
            writer.Write(image.OnProbation);
        }
    }

    /// <exception cref="FormatException">More than are ever kept.</exception>
    public static ReplicaTable Read(BinaryReader reader)
    {
        var table = new ReplicaTable { Instances = reader.ReadInt32(), StartsWatched = reader.ReadInt32() };
        var replicas = Bounded(reader.ReadInt32(), MaxReplicas, "replicas");
        for (var i = 0; i < replicas; i++)
        {
            var replica = new Replica
            {
                Ordinal = reader.ReadInt32(),
                Id = reader.ReadString(),
                Digest = reader.ReadString(),
                StartWatched = reader.ReadBoolean(),
                FirstSeen = reader.ReadInt64(),
                LastSeen = reader.ReadInt64(),
                Ended = reader.ReadBoolean(),
            };
            table._replicas[replica.Id] = replica;
        }

        var images = Bounded(reader.ReadInt32(), MaxImages, "images");
        for (var i = 0; i < images; i++)
        {
            table._images.Add(new ImageVersion
            {
                Digest = reader.ReadString(),
                Name = reader.ReadString(),
                FirstUnit = reader.ReadInt32(),
                Starts = reader.ReadInt32(),
                OnProbation = reader.ReadBoolean(),
            });
        }

        return table;
    }

    private static int Bounded(int count, int most, string what) =>
        count >= 0 && count <= most ? count : throw new FormatException($"{count} {what}; at most {most} are kept");
}
