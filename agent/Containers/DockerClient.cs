using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Runtime.Agent.Containers;

/// <summary>Docker's Engine API over its socket; Podman's speaks it too.</summary>
/// <remarks>GET /containers/{id}/json and /images/{id}/json, without a version: since API 1.24 they have what we read.</remarks>
internal sealed class DockerClient(string socket, TimeSpan timeout) : IRuntimeClient
{
    private const int MaxAnswer = 4 * 1024 * 1024;
    private const int MaxLabels = 64;

    private HttpClient? _http;

    public string Name => $"docker {socket}";

    public bool IsPresent => File.Exists(socket);

    public async Task<IReadOnlyList<ContainerDetails>> FindAsync(IReadOnlyList<WantedContainer> wanted, CancellationToken cancellationToken)
    {
        _http ??= new(UnixSocket.HandlerFor(socket, timeout)) { BaseAddress = new("http://localhost"), Timeout = timeout, MaxResponseContentBufferSize = MaxAnswer };
        var found = new List<ContainerDetails>();
        try
        {
            foreach (var container in wanted)
            {
                var answer = await GetAsync(_http, $"/containers/{Uri.EscapeDataString(container.Id)}/json", DockerJson.Default.DockerContainer, cancellationToken);
                // A name or the beginning of an id finds a container too; only the id itself is meant.
                if (answer?.Id != container.Id)
                    continue;
                var image = await GetAsync(_http, $"/images/{Uri.EscapeDataString(answer.Image ?? "")}/json", DockerJson.Default.DockerImage, cancellationToken);
                found.Add(DetailsOf(answer, image, socket.Contains("podman", StringComparison.Ordinal) ? "podman" : "docker", TimeProvider.System.GetUtcNow()));
            }
        }
        catch (TaskCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RuntimeCallException($"no answer within {timeout.TotalSeconds:0.###} s", e);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException)
        {
            throw new RuntimeCallException(e.Message, e);
        }
        return found;
    }

    public void Dispose() => _http?.Dispose();

    internal static ContainerDetails DetailsOf(DockerContainer container, DockerImage? image, string runtime, DateTimeOffset now)
    {
        var labels = container.Config?.Labels ?? [];
        string Label(string name) => labels.GetValueOrDefault(name) ?? "";
        var digest = image?.RepoDigests?.FirstOrDefault() is { } reference && reference.IndexOf('@', StringComparison.Ordinal) is var at and >= 0
            ? reference[(at + 1)..]
            : container.Image ?? "";
        var address = container.NetworkSettings?.Networks?.Values.Select(n => n?.IPAddress).FirstOrDefault(a => !string.IsNullOrEmpty(a));
        // 0001-01-01T00:00:00Z: created, not started yet.
        var started = container.State?.StartedAt is { Year: > 1970 } time ? (time - DateTimeOffset.UnixEpoch).Ticks * 100 : 0;
        return new()
        {
            Id = container.Id ?? "",
            Runtime = runtime,
            // With cri-dockerd or dockershim the pod is in labels; docker's own names begin with a slash.
            Name = Label("io.kubernetes.container.name") is { Length: > 0 } name ? name : (container.Name ?? "").TrimStart('/'),
            PodName = Label("io.kubernetes.pod.name"),
            PodNamespace = Label("io.kubernetes.pod.namespace"),
            PodUid = Label("io.kubernetes.pod.uid"),
            PodLabels = labels.OrderBy(l => l.Key, StringComparer.Ordinal).Take(MaxLabels).ToDictionary(l => l.Key, l => l.Value ?? "", StringComparer.Ordinal),
            Image = container.Config?.Image ?? "",
            ImageDigest = digest,
            ImageCreatedUnixS = image is null ? 0 : ImageCreation.OfJson(image.Created, now),
            StartedUnixNs = started,
            PodIp = string.IsNullOrEmpty(address) ? container.NetworkSettings?.IPAddress ?? "" : address,
            RootFolder = container.GraphDriver?.Data?.GetValueOrDefault("MergedDir") ?? "",
            IsSandbox = Label("io.kubernetes.container.name") == ContainerRecord.SandboxName || Label("io.kubernetes.docker.type") == "podsandbox",
            Complete = started != 0,
        };
    }

    /// <returns>Null when the runtime does not know it (404).</returns>
    private static async Task<T?> GetAsync<T>(HttpClient http, string path, global::System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return null;
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync(type, cancellationToken);
    }
}

internal sealed record DockerContainer(string? Id, string? Name, string? Image, DockerState? State, DockerConfig? Config, DockerNetworks? NetworkSettings, DockerGraphDriver? GraphDriver = null);

internal sealed record DockerState(DateTimeOffset? StartedAt);

internal sealed record DockerConfig(string? Image, Dictionary<string, string?>? Labels);

/// <param name="Data">Of overlay2: LowerDir, MergedDir, UpperDir, WorkDir.</param>
internal sealed record DockerGraphDriver(Dictionary<string, string>? Data);

internal sealed record DockerNetworks(string? IPAddress, Dictionary<string, DockerNetwork?>? Networks);

internal sealed record DockerNetwork(string? IPAddress);

/// <param name="Created">Any value: an odd one must not cost the container its record.</param>
internal sealed record DockerImage(List<string>? RepoDigests, JsonElement Created = default);

[JsonSerializable(typeof(DockerContainer))]
[JsonSerializable(typeof(DockerImage))]
internal sealed partial class DockerJson : JsonSerializerContext;
