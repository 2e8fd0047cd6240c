using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Runtime.Pods;

/// <summary>One file, folder or link of an image.</summary>
/// <param name="Path">Absolute, as the container sees it.</param>
/// <param name="Content">Null for a folder and for a link.</param>
/// <param name="LinkTarget">Null unless it is a symbolic link.</param>
/// <param name="Owner">User and group id.</param>
public sealed record ImageEntry(string Path, byte[]? Content, string? LinkTarget, UnixFileMode Mode, int Owner)
{
    private const UnixFileMode ReadAll = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode ExecuteAll = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const UnixFileMode WriteAll = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    public static ImageEntry Program(string path, byte[] content) => new(path, content, null, ReadAll | ExecuteAll | UnixFileMode.UserWrite, 0);

    public static ImageEntry File(string path, string text, int owner = 0) =>
        new(path, global::System.Text.Encoding.UTF8.GetBytes(text), null, ReadAll | UnixFileMode.UserWrite, owner);

    public static ImageEntry Folder(string path, int owner = 0) => new(path, null, null, ReadAll | ExecuteAll | UnixFileMode.UserWrite, owner);

    /// <summary>A folder where everyone may write, like /tmp.</summary>
    public static ImageEntry Shared(string path) => new(path, null, null, ReadAll | ExecuteAll | WriteAll | UnixFileMode.StickyBit, 0);

    public static ImageEntry Link(string path, string target) => new(path, null, target, ReadAll | ExecuteAll | WriteAll, 0);
}

/// <summary>An image that is made here, from files, without a registry and without a download.</summary>
/// <remarks>
/// Equal entries give an equal digest: no times are stored. Each member of <see cref="Layers"/> is one layer, the lowest first.
/// The archive is an OCI image layout (image-spec v1, image-layout.md) in a tar file, as `ctr images import` reads it.
/// </remarks>
public sealed record OciImage(string Repository, string Tag, IReadOnlyList<IReadOnlyList<ImageEntry>> Layers)
{
    /// <summary>Tar files on this machine, each a layer below <see cref="Layers"/>, the lowest first.</summary>
    public IReadOnlyList<string> LowerLayers { get; init; } = [];

    public IReadOnlyList<string> Entrypoint { get; init; } = [];

    public IReadOnlyList<string> Command { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string> { ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin" };

    /// <summary>When it says that it was built; null: not at all.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>"uid" or "uid:gid"; empty for root.</summary>
    public string User { get; init; } = "";

    /// <summary>As a pod names it: "localhost/web:1.0".</summary>
    public string Reference => $"{Repository}:{Tag}";

    /// <summary>One more layer on top, under another name.</summary>
    public OciImage With(string repository, string tag, params IReadOnlyList<ImageEntry> layer) => this with { Repository = repository, Tag = tag, Layers = [.. Layers, layer] };

    public void WriteArchive(string path)
    {
        using var archive = new TarWriter(global::System.IO.File.Create(path), TarEntryFormat.Ustar);
        var layers = LowerLayers.Select(file => Blob(archive, file)).Concat(Layers.Select(entries => Blob(archive, LayerOf(entries)))).ToList();
        var architecture = global::System.Runtime.InteropServices.RuntimeInformation.OSArchitecture switch
        {
            global::System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
            _ => "amd64",
        };
        var configuration = new JsonObject
        {
            ["architecture"] = architecture,
            ["os"] = "linux",
            ["config"] = new JsonObject
            {
                [nameof(User)] = User,
                ["Env"] = Strings(Environment.Select(pair => $"{pair.Key}={pair.Value}")),
                [nameof(Entrypoint)] = Strings(Entrypoint),
                ["Cmd"] = Strings(Command),
            },
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = Strings(layers.Select(layer => layer.Digest)) },
        };
        if (Created is { } created)
        {
            configuration["created"] = created.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", global::System.Globalization.CultureInfo.InvariantCulture);
        }

        var config = Blob(archive, Json(configuration));
        var manifest = Blob(archive, Json(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["config"] = Descriptor(config, "application/vnd.oci.image.config.v1+json"),
            ["layers"] = new JsonArray([.. layers.Select(layer => Descriptor(layer, "application/vnd.oci.image.layer.v1.tar"))]),
        }));
        var descriptor = Descriptor(manifest, "application/vnd.oci.image.manifest.v1+json");
        // `ctr images import --base-name` takes a bare tag here and skips anything else without a word.
        descriptor["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = Tag };
        Write(archive, "index.json", Json(new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(descriptor) }));
        Write(archive, "oci-layout", Json(new JsonObject { ["imageLayoutVersion"] = "1.0.0" }));
    }

    /// <summary>All layers as one archive of plain files: what `docker import` takes, or a bundle's root.</summary>
    public void WriteRootFileSystem(string path) => global::System.IO.File.WriteAllBytes(path, LayerOf([.. Layers.SelectMany(layer => layer)]));

    private static byte[] LayerOf(IReadOnlyList<ImageEntry> entries)
    {
        var layer = new MemoryStream();
        using (var tar = new TarWriter(layer, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var entry in entries)
            {
                var type = entry.LinkTarget is not null ? TarEntryType.SymbolicLink : entry.Content is null ? TarEntryType.Directory : TarEntryType.RegularFile;
                var written = new PaxTarEntry(type, entry.Path.TrimStart('/')) { Mode = entry.Mode, Uid = entry.Owner, Gid = entry.Owner, ModificationTime = DateTimeOffset.UnixEpoch };
                if (entry.LinkTarget is not null)
                {
                    written.LinkName = entry.LinkTarget;
                }

                if (entry.Content is not null)
                {
                    written.DataStream = new MemoryStream(entry.Content);
                }

                tar.WriteEntry(written);
            }
        }

        return layer.ToArray();
    }

    private static (string Digest, long Size) Blob(TarWriter archive, byte[] content) => Blob(archive, new MemoryStream(content));

    private static (string Digest, long Size) Blob(TarWriter archive, string file)
    {
        // A whole system's layer is not held in memory.
        using var content = global::System.IO.File.OpenRead(file);
        return Blob(archive, content);
    }

    private static (string Digest, long Size) Blob(TarWriter archive, Stream content)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        content.Position = 0;
        Write(archive, "blobs/sha256/" + hash, content);
        return ("sha256:" + hash, content.Length);
    }

    private static void Write(TarWriter archive, string name, byte[] content) => Write(archive, name, new MemoryStream(content));

    private static void Write(TarWriter archive, string name, Stream content) =>
        archive.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = content, ModificationTime = DateTimeOffset.UnixEpoch });

    private static JsonObject Descriptor((string Digest, long Size) blob, string mediaType) =>
        new() { ["mediaType"] = mediaType, ["digest"] = blob.Digest, ["size"] = blob.Size };

    private static JsonArray Strings(IEnumerable<string> values) => new([.. values.Select(value => JsonValue.Create(value))]);

    private static byte[] Json(JsonObject value) => JsonSerializer.SerializeToUtf8Bytes(value);
}
