using System.Runtime.InteropServices;
using Runtime.Collector.Baselines;

namespace Runtime.Collector.Fleet;

/// <summary>What the fleet says of a file's content.</summary>
/// <param name="Agreeing">Images that have the content which most have.</param>
/// <param name="Images">That have any, the one that is asked about among them.</param>
/// <param name="IsMinority">It is not that content; never true of a fleet that is too small or does not agree.</param>
internal readonly record struct FleetContent(int Agreeing, int Images, bool IsMinority)
{
    /// <summary>Images that have nothing to do with each other agree on it.</summary>
    public bool IsVerified => Agreeing > 0 && !IsMinority;
}

/// <summary>
/// What files of packages hold over the whole fleet: by distribution, package, version, architecture and path the contents, each with the images
/// that were seen to have it. An image may rewrite its own package database, and not the other images. Kept in memory, and made again from the
/// scopes' files of images at a start. Any thread.
/// </summary>
/// <remarks>
/// Images are independent when neither repository nor digest is the same: versions of one repository are one image, and so is a copy under another name.
/// Layers are not told by agents, so images built on one base count each for itself: a base that was tampered with agrees with itself.
/// </remarks>
internal sealed class PackageContents
{
    /// <summary>Files at most: 225 bytes each with one image, 464 with 16, 1.5 kB when as full as can be. Those that only one image has leave first: nothing compares with them.</summary>
    public const int MaxFiles = 100_000;

    /// <summary>Of one file. A content that only one image has leaves for the next one, so that nobody can fill a file's places with made-up ones.</summary>
    public const int MaxContents = 4;

    /// <summary>Of one content. One more tells nothing; of a content that more have, a minority is told up to a fourth of this.</summary>
    public const int MaxImages = 16;

    private const int LeastImages = 3;
    private const double LeastShare = 0.8;

    private readonly Lock _gate = new();
    private volatile bool _isWhole;

    /// <summary>Bounded by <see cref="MaxFiles"/>.</summary>
    private readonly Dictionary<(ulong Path, ulong Package), List<Content>> _files = [];

    /// <summary>All that is stored was read. Nothing is compared before: a part of the fleet may agree on what the whole does not.</summary>
    public bool IsWhole
    {
        get => _isWhole;
        set => _isWhole = value;
    }

    public int Files
    {
        get
        {
            lock (_gate)
            {
                return _files.Count;
            }
        }
    }

    /// <summary>Files that left for want of room.</summary>
    public long Evicted { get; private set; }

    /// <summary>An image's own file, which its package database says is a package's and as it should be.</summary>
    public void Note(in PackagedFile file, in ImageIdentity image)
    {
        lock (_gate)
        {
            if (_files.Count >= MaxFiles && !_files.ContainsKey(file.Key))
            {
                MakeRoom();
            }

            var contents = CollectionsMarshal.GetValueRefOrAddDefault(_files, file.Key, out _) ??= new(1);
            var content = file.Content;
            var known = contents.Find(other => other.Hash == content);
            if (known is null)
            {
                if (contents.Count >= MaxContents)
                {
                    var rarest = contents.MinBy(other => other.Images.Count)!;
                    if (rarest.Images.Count > 1)
                    {
                        return;
                    }

                    contents.Remove(rarest);
                }

                contents.Add(known = new Content(content));
            }

            if (known.Images.Count < MaxImages && !IsAmong(known.Images, image))
            {
                known.Images.Add(image);
            }
        }
    }

    /// <summary>Whether other images have the same content there. The image itself counts, noted or not.</summary>
    public FleetContent Compare(in PackagedFile file, in ImageIdentity image)
    {
        lock (_gate)
        {
            if (!_isWhole || !_files.TryGetValue(file.Key, out var contents))
            {
                return default;
            }

            var most = contents.MaxBy(content => content.Images.Count)!;
            List<ImageIdentity> all = [image];
            foreach (var other in contents.SelectMany(content => content.Images))
            {
                if (!IsAmong(all, other))
                {
                    all.Add(other);
                }
            }

            return most.Images.Count >= LeastImages && most.Images.Count >= LeastShare * all.Count
                ? new FleetContent(most.Images.Count, all.Count, most.Hash != file.Content)
                : default;
        }
    }

    private static bool IsAmong(List<ImageIdentity> images, in ImageIdentity image)
    {
        foreach (var known in images)
        {
            if (known.Repository == image.Repository || known.Digest == image.Digest)
            {
                return true;
            }
        }

        return false;
    }

    private void MakeRoom()
    {
        foreach (var key in _files.Where(file => file.Value is [{ Images.Count: 1 }]).Select(file => file.Key).Take(MaxFiles / 16).DefaultIfEmpty(_files.Keys.First()).ToList())
        {
            _files.Remove(key);
            Evicted++;
        }
    }

    private sealed class Content(ulong hash)
    {
        public ulong Hash { get; } = hash;

        /// <summary>At most <see cref="MaxImages"/>.</summary>
        public List<ImageIdentity> Images { get; } = new(1);
    }
}
