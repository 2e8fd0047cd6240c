using System.Text.Json;
using System.Text.Json.Serialization;

namespace Runtime.Agent.Containers;

/// <summary>What the runtimes leave on disk: tells names without a socket, and is all there is of plain runc and ctr.</summary>
/// <remarks>
/// Read as root from folders that only root may write: containerd's bundles (config.json's annotations), CRI-O's and Podman's
/// bundles and their container list, runc's and crun's state. A file over 4 MiB is not read.
/// </remarks>
/// <param name="hostRoot">"/" on the host itself; where its file system is mounted otherwise.</param>
internal sealed class BundleFiles(string hostRoot) : IRuntimeClient
{
    private const long MaxFile = 4 * 1024 * 1024;
    private const string KubernetesNamespace = "k8s.io";

    // Each holds a folder for each of containerd's namespaces, with a folder for each container.
    private static readonly string[] TaskFolders = ["run/containerd/io.containerd.runtime.v2.task", "run/k3s/containerd/io.containerd.runtime.v2.task", "run/k0s/containerd/io.containerd.runtime.v2.task"];
    // CRI-O keeps a container's bundle below run, Podman below lib.
    private static readonly string[] StorageFolders = ["run/containers/storage/overlay-containers", "var/lib/containers/storage/overlay-containers"];
    private static readonly string[] RuncFolders = ["run/runc", "run/crun"];

    public string Name => "state on disk";

    public bool IsPresent => true;

    public Task<IReadOnlyList<ContainerDetails>> FindAsync(IReadOnlyList<WantedContainer> wanted, CancellationToken cancellationToken)
    {
        var found = new List<ContainerDetails>();
        try
        {
            foreach (var container in wanted)
            {
                if (Find(container) is { } details)
                    found.Add(details);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new RuntimeCallException(e.Message, e);
        }
        return Task.FromResult<IReadOnlyList<ContainerDetails>>(found);
    }

    public void Dispose()
    {
        // Holds nothing open.
    }

    private ContainerDetails? Find(WantedContainer container)
    {
        // A plain container's id is somewhere in its path; the outermost that a runtime knows is meant: what it makes below itself is its own.
        foreach (var id in container.CgroupPath.Split('/').Where(e => e.Length > 0 && e != container.Id).Append(container.Id))
        {
            if (id is "." or ".." || id.Contains('/', StringComparison.Ordinal))
                continue;
            if ((OfContainerd(id) ?? OfStorage(id) ?? OfRunc(id)) is { } details)
                return details;
        }
        return null;
    }

    private ContainerDetails? OfContainerd(string id)
    {
        foreach (var folder in TaskFolders)
        {
            var path = Path.Join(hostRoot, folder);
            if (!Directory.Exists(path))
                continue;
            foreach (var space in Directory.EnumerateDirectories(path))
            {
                if (Read(Path.Join(space, id, "config.json"), BundleJson.Default.OciConfig) is not { } config)
                    continue;
                string Annotation(string name) => config.Annotations?.GetValueOrDefault($"io.kubernetes.cri.{name}") ?? "";
                return new()
                {
                    Id = id,
                    Runtime = Path.GetFileName(space) == "moby" ? "docker" : "containerd",
                    Name = Annotation("container-name") is { Length: > 0 } name ? name : Path.GetFileName(space) == KubernetesNamespace ? "" : id,
                    PodName = Annotation("sandbox-name"),
                    PodNamespace = Annotation("sandbox-namespace"),
                    PodUid = Annotation("sandbox-uid"),
                    Image = Annotation("image-name"),
                    IsSandbox = Annotation("container-type") == "sandbox",
                    // The CRI and Docker tell more of theirs; of ctr's own namespaces there is no more.
                    Complete = Path.GetFileName(space) is not (KubernetesNamespace or "moby"),
                };
            }
        }
        return null;
    }

    // containers.json: [{"id":"…","names":["w1"],"image":"<config id>","metadata":"{\"image-name\":\"localhost/busybox:1.35\",…}"}]
    private ContainerDetails? OfStorage(string id)
    {
        var config = StorageFolders.Select(folder => Read(Path.Join(hostRoot, folder, id, "userdata/config.json"), BundleJson.Default.OciConfig)).FirstOrDefault(found => found is not null);
        if (config is null)
            return null;
        string Annotation(string name) => config.Annotations?.GetValueOrDefault(name) ?? "";
        var isCrio = config.Annotations?.Keys.Any(k => k.StartsWith("io.kubernetes.cri-o.", StringComparison.Ordinal)) == true;
        var listed = Read(Path.Join(hostRoot, "var/lib/containers/storage/overlay-containers/containers.json"), BundleJson.Default.ListStoredContainer)?.Find(c => c?.Id == id);
        var image = listed?.Metadata is { } metadata ? JsonSerializer.Deserialize(metadata, BundleJson.Default.StoredMetadata)?.ImageName : null;
        return new()
        {
            Id = id,
            Runtime = isCrio ? "cri-o" : "podman",
            Name = isCrio ? Annotation("io.kubernetes.container.name") : listed?.Names?.FirstOrDefault() ?? "",
            PodName = Annotation("io.kubernetes.pod.name"),
            PodNamespace = Annotation("io.kubernetes.pod.namespace"),
            PodUid = Annotation("io.kubernetes.pod.uid"),
            Image = isCrio ? Annotation("io.kubernetes.cri-o.ImageName") : image ?? "",
            ImageDigest = listed?.Image is { Length: 64 } config64 ? $"sha256:{config64}" : "",
            RootFolder = config.Root?.Path ?? "",
            IsSandbox = Annotation("io.kubernetes.cri-o.ContainerType") == "sandbox",
            // Podman usually runs no daemon to ask.
            Complete = !isCrio && listed is not null,
        };
    }

    private ContainerDetails? OfRunc(string id)
    {
        // An engine stands above runc and names its containers itself: Podman's are in /run/runc too.
        if (CgroupPath.IsId(id))
            return null;
        foreach (var folder in RuncFolders)
        {
            var path = Path.Join(hostRoot, folder, id);
            // runc: {"id":"rt1","created":"2026-01-02T03:04:05.6Z",…}. crun writes "status", with no date that we read.
            if (Read(Path.Join(path, "state.json"), BundleJson.Default.RuncState) is { } state)
                return new() { Id = id, Runtime = "runc", Name = id, StartedUnixNs = state.Created is { } made ? (made - DateTimeOffset.UnixEpoch).Ticks * 100 : 0, Complete = true };
            if (File.Exists(Path.Join(path, "status")))
                return new() { Id = id, Runtime = "runc", Name = id, Complete = true };
        }
        return null;
    }

    /// <returns>Null when there is no such file, or while it is being written.</returns>
    private static T? Read<T>(string path, global::System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        // Most are not there: 1,000 containers of a runtime without files are 50,000 exceptions otherwise.
        if (!File.Exists(path))
            return null;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return file.Length is 0 or > MaxFile ? null : JsonSerializer.Deserialize(file, type);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }
}

internal sealed record OciConfig([property: JsonPropertyName("annotations")] Dictionary<string, string>? Annotations, [property: JsonPropertyName("root")] OciRoot? Root);

internal sealed record OciRoot([property: JsonPropertyName("path")] string? Path);

internal sealed record RuncState([property: JsonPropertyName("created")] DateTimeOffset? Created);

internal sealed record StoredContainer(
    [property: JsonPropertyName("id")] string? Id,
    [property: JsonPropertyName("names")] List<string>? Names,
    [property: JsonPropertyName("image")] string? Image,
    [property: JsonPropertyName("metadata")] string? Metadata);

internal sealed record StoredMetadata([property: JsonPropertyName("image-name")] string? ImageName);

[JsonSerializable(typeof(OciConfig))]
[JsonSerializable(typeof(RuncState))]
[JsonSerializable(typeof(List<StoredContainer?>))]
[JsonSerializable(typeof(StoredMetadata))]
internal sealed partial class BundleJson : JsonSerializerContext;
