using Runtime.Collector.Ingest;

namespace Runtime.Collector.Baselines;

/// <summary>How a file of an image stands to its package.</summary>
internal enum FileStanding : byte
{
    /// <summary>No package has it.</summary>
    Unowned = 0,

    /// <summary>A package has it, and nothing says what it should hold.</summary>
    Owned = 1,
    Right = 2,

    /// <summary>Not what its package has, and nothing shows that it ever was: the image was built so.</summary>
    BuiltSo = 3,

    /// <summary>Not what its package has, and it was before.</summary>
    Wrong = 4,
}

/// <summary>What was known of a file before it was seen now.</summary>
internal readonly record struct FileHistory
{
    /// <summary>Of the same bytes in the same image; null when they are new there.</summary>
    public FileStanding? Standing { get; init; }

    /// <summary>The same image held other bytes there, and both are proven to be its own.</summary>
    public bool ImageHadOtherBytes { get; init; }

    /// <summary>The same image held there what the package has.</summary>
    public bool ImageHadItRight { get; init; }

    /// <summary>An image that was seen before this one held there what the package has.</summary>
    public bool EarlierImageHadItRight { get; init; }

    /// <summary>An image that was seen before this one was built with the same bytes there.</summary>
    public bool EarlierImageCameSo { get; init; }

    /// <summary>The last image before this one held other bytes there, of the same version of the same package.</summary>
    public bool ChangedSilently { get; init; }

    /// <summary>Programs that the image was seen to run, by whether a package has them; this one is not counted.</summary>
    public int OwnedPrograms { get; init; }
    public int UnownedPrograms { get; init; }

    /// <summary>Somebody was told that files of this image are not what their packages have.</summary>
    public bool IsTold { get; init; }
}

/// <summary>What the images of a scope were seen to run and load. Not thread-safe.</summary>
/// <remarks>Names and contents are kept as the first 64 bits of their SHA-256: 26 bytes a file.</remarks>
internal sealed class ImageFiles
{
    public const int MaxImages = 8;

    /// <summary>Of one image; later ones are not kept, so that those known stay so.</summary>
    public const int MaxFiles = 1024;
    private const int MaxDigest = 80;

    /// <summary>In order of first sight; at most <see cref="MaxImages"/>: the oldest leaves.</summary>
    private readonly List<Image> _images = [];

    public FileHistory Look(BinaryObservation binary)
    {
        var digest = DigestOf(binary);
        var at = _images.FindIndex(image => image.Digest == digest);
        var path = PackagedFile.Hash(binary.Path);
        var content = PackagedFile.Hash(binary.Sha256);
        var package = PackagedFile.PackageOf(binary.Package);
        var image = at < 0 ? null : _images[at];
        var before = image is not null && image.Files.TryGetValue(path, out var known) ? known : (FileRecord?)null;
        var history = new FileHistory
        {
            Standing = before is { } same && same.Content == content ? same.Standing : null,
            ImageHadOtherBytes = before is { IsProven: true } other && other.Content != content && binary.Package.FileOfImage && binary.Sha256.Length > 0,
            ImageHadItRight = before is { Standing: FileStanding.Right },
            OwnedPrograms = image?.Files.Count(file => file.Key != path && file.Value is { IsProgram: true, Standing: not FileStanding.Unowned }) ?? 0,
            UnownedPrograms = image?.Files.Count(file => file.Key != path && file.Value is { IsProgram: true, Standing: FileStanding.Unowned }) ?? 0,
            IsTold = image?.IsTold ?? false,
        };
        var isLast = true;
        for (var i = (at < 0 ? _images.Count : at) - 1; i >= 0; i--)
        {
            if (!_images[i].Files.TryGetValue(path, out var earlier))
            {
                continue;
            }

            history = history with
            {
                EarlierImageHadItRight = history.EarlierImageHadItRight || earlier.Standing == FileStanding.Right,
                EarlierImageCameSo = history.EarlierImageCameSo || (earlier.Standing == FileStanding.BuiltSo && earlier.Content == content),
                ChangedSilently = history.ChangedSilently || (isLast && package != 0 && earlier.Package == package && earlier.Content != content && binary.Sha256.Length > 0),
            };
            isLast = false;
        }

        return history;
    }

    /// <summary>Remembers a file as it was first seen in its image. What the container wrote is not the image's.</summary>
    /// <param name="standing">Null when nothing is known of its package.</param>
    public void Take(BinaryObservation binary, FileStanding? standing)
    {
        if (standing is not { } stands || binary.Sha256.Length == 0 || binary.Package.FileOfContainer || (stands == FileStanding.Unowned && !binary.Package.FileOfImage)
            || ImageOf(binary) is not { } image)
        {
            return;
        }

        var isWitness = PackagedFile.Of(binary) is not null && PackagedFile.IsWitness(binary);
        var file = new FileRecord(PackagedFile.Hash(binary.Sha256), PackagedFile.PackageOf(binary.Package), stands, binary.IsProgram, binary.Package.FileOfImage, isWitness);
        var path = PackagedFile.Hash(binary.Path);
        if (!image.Files.TryGetValue(path, out var known))
        {
            if (image.Files.Count < MaxFiles)
            {
                image.Files.Add(path, file);
            }
        }
        else if (isWitness && known.Content == file.Content && known.Package == file.Package)
        {
            // Kept before the fleet was compared.
            image.Files[path] = known with { IsWitness = true };
        }
    }

    /// <summary>What the images say of their packages' files to those of other scopes.</summary>
    public IEnumerable<(string Digest, PackagedFile File)> Witnesses => _images.SelectMany(image => image.Files
        .Where(file => file.Value.IsWitness)
        .Select(file => (image.Digest, new PackagedFile(file.Key, file.Value.Package, file.Value.Content))));

    /// <summary>Somebody is told of the image of this file.</summary>
    public void Tell(BinaryObservation binary)
    {
        if (ImageOf(binary) is { } image)
        {
            image.IsTold = true;
        }
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(_images.Count);
        foreach (var image in _images)
        {
            writer.Write(image.Digest);
            writer.Write(image.IsTold);
            writer.Write(image.Files.Count);
            foreach (var (path, file) in image.Files.OrderBy(file => file.Key))
            {
                writer.Write(path);
                writer.Write(file.Content);
                writer.Write(file.Package);
                writer.Write((byte)file.Standing);
                writer.Write((byte)((file.IsProgram ? 1 : 0) | (file.IsProven ? 2 : 0) | (file.IsWitness ? 4 : 0)));
            }
        }
    }

    /// <exception cref="FormatException">More than are ever kept.</exception>
    public static ImageFiles Read(BinaryReader reader)
    {
        var table = new ImageFiles();
        for (var left = Bounded(reader.ReadInt32(), MaxImages, "images"); left > 0; left--)
        {
            var image = new Image { Digest = reader.ReadString(), IsTold = reader.ReadBoolean() };
            for (var files = Bounded(reader.ReadInt32(), MaxFiles, "files of an image"); files > 0; files--)
            {
                var path = reader.ReadUInt64();
                var (content, package) = (reader.ReadUInt64(), reader.ReadUInt64());
                var (standing, marks) = ((FileStanding)reader.ReadByte(), reader.ReadByte());
                image.Files[path] = new FileRecord(content, package, standing, (marks & 1) != 0, (marks & 2) != 0, (marks & 4) != 0);
            }

            table._images.Add(image);
        }

        return table;
    }

    /// <returns>Null when nobody could name it: it cannot be told from the next one.</returns>
    private Image? ImageOf(BinaryObservation binary)
    {
        var digest = DigestOf(binary);
        if (digest.Length == 0)
        {
            return null;
        }

        var image = _images.Find(known => known.Digest == digest);
        if (image is null)
        {
            if (_images.Count >= MaxImages)
            {
                _images.RemoveAt(0);
            }

            image = new Image { Digest = digest };
            _images.Add(image);
        }

        return image;
    }

    private static string DigestOf(BinaryObservation binary) => binary.Container?.ImageDigest is { Length: <= MaxDigest } digest ? digest : "";

    private static int Bounded(int count, int most, string what) =>
        count >= 0 && count <= most ? count : throw new FormatException($"{count} {what}; at most {most} are kept");

    private sealed class Image
    {
        public required string Digest { get; init; }
        public bool IsTold { get; set; }

        /// <summary>By path. At most <see cref="MaxFiles"/>.</summary>
        public Dictionary<ulong, FileRecord> Files { get; } = [];
    }

    private readonly record struct FileRecord(ulong Content, ulong Package, FileStanding Standing, bool IsProgram, bool IsProven, bool IsWitness);
}
