using Google.Protobuf.Collections;
using Grpc.Core;
using Grpc.Net.Client;
using Runtime.Cri.V1;

namespace Runtime.Agent.Containers;

/// <summary>Kubernetes' Container Runtime Interface over a unix socket: containerd, CRI-O, cri-dockerd.</summary>
/// <remarks>By polling: GetContainerEvents is not implemented in containerd 1.6.</remarks>
internal sealed class CriClient(string socket, TimeSpan timeout) : IRuntimeClient
{
    private const int MaxAnswer = 16 * 1024 * 1024;
    private const int StateCreated = 0;
    private const int MaxImages = 1024;

    private GrpcChannel? _channel;
    private string _runtime = "";

    // When an image was built, by digest, in Unix seconds; 0: it does not say. Bounded by MaxImages.
    private readonly Dictionary<string, long> _built = new(StringComparer.Ordinal);

    public string Name => $"cri {socket}";

    public bool IsPresent => File.Exists(socket);

    public async Task<IReadOnlyList<ContainerDetails>> FindAsync(IReadOnlyList<WantedContainer> wanted, CancellationToken cancellationToken)
    {
        _channel ??= GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = UnixSocket.HandlerFor(socket, timeout),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxAnswer,
        });
        return await FindAsync(_channel.CreateCallInvoker(), wanted, cancellationToken);
    }

    internal async Task<IReadOnlyList<ContainerDetails>> FindAsync(CallInvoker calls, IReadOnlyList<WantedContainer> wanted, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(new(calls), new(calls), wanted, cancellationToken);
        }
        catch (RpcException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RuntimeCallException(e.StatusCode == StatusCode.DeadlineExceeded
                ? $"no answer within {timeout.TotalSeconds:0.###} s"
                : $"{e.StatusCode}: {Line(e.Status.Detail)}", e);
        }
        catch (RpcException e)
        {
            throw new OperationCanceledException("stopped", e, cancellationToken);
        }
    }

    public void Dispose() => _channel?.Dispose();

    private async Task<IReadOnlyList<ContainerDetails>> AskAsync(
        RuntimeService.RuntimeServiceClient runtime, ImageService.ImageServiceClient images, IReadOnlyList<WantedContainer> wanted, CancellationToken cancellationToken)
    {
        CallOptions Call() => new(deadline: DateTime.UtcNow + timeout, cancellationToken: cancellationToken);

        if (_runtime.Length == 0)
            _runtime = (await runtime.VersionAsync(new(), Call())).RuntimeName;
        // An id that is listed twice must not cost the others their names.
        var containers = (await runtime.ListContainersAsync(new(), Call())).Containers.DistinctBy(c => c.Id).ToDictionary(c => c.Id, StringComparer.Ordinal);
        var pods = (await runtime.ListPodSandboxAsync(new(), Call())).Items.DistinctBy(p => p.Id).ToDictionary(p => p.Id, StringComparer.Ordinal);

        // Bounded by the pods of the wanted containers.
        var addresses = new Dictionary<string, string>(StringComparer.Ordinal);
        ListImagesResponse? imageList = null;
        var imagesAnswer = true;
        var found = new List<ContainerDetails>();
        foreach (var (id, podUid, _) in wanted)
        {
            if (pods.TryGetValue(id, out var sandbox))
            {
                found.Add(OfPod(sandbox) with { Id = id, IsSandbox = true, PodIp = await AddressAsync(id), StartedUnixNs = sandbox.CreatedAt, Complete = true });
                continue;
            }
            if (!containers.TryGetValue(id, out var container))
                continue;
            ContainerStatus status;
            try
            {
                status = (await runtime.ContainerStatusAsync(new() { Id = id }, Call())).Status ?? new();
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
            {
                // Removed between the list and this call; what the list told stays.
                status = new() { Metadata = container.Metadata, Image = container.Image, ImageRef = container.ImageRef, State = container.State, StartedAt = container.CreatedAt };
            }
            if (DigestOf(status.ImageRef, null, status.Image?.Image) is not { } digest)
            {
                imageList ??= await images.ListImagesAsync(new(), Call());
                digest = DigestOf(status.ImageRef, imageList, status.Image?.Image) ?? "";
            }
            var pod = pods.TryGetValue(container.PodSandboxId, out sandbox)
                ? OfPod(sandbox) with { PodIp = await AddressAsync(container.PodSandboxId) }
                : OfLabels(container.Labels, podUid);
            found.Add(pod with
            {
                Id = id,
                Name = status.Metadata?.Name ?? container.Metadata?.Name ?? "",
                Image = status.Image?.Image ?? container.Image?.Image ?? "",
                ImageDigest = digest,
                ImageCreatedUnixS = await BuiltAsync(digest, status.ImageRef),
                StartedUnixNs = status.StartedAt,
                // Created and not yet started: its start is still to come.
                Complete = status.State != StateCreated && pod.PodName.Length > 0,
            });
        }
        return found;

        async Task<string> AddressAsync(string podId)
        {
            if (addresses.TryGetValue(podId, out var address))
                return address;
            try
            {
                address = (await runtime.PodSandboxStatusAsync(new() { Id = podId }, Call())).Status?.Network?.Ip ?? "";
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
            {
                address = "";
            }
            return addresses[podId] = address;
        }

        // The record does without it: one that hangs costs one deadline a round, and is asked again for the image's next container.
        async Task<long> BuiltAsync(string digest, string reference)
        {
            if (digest.Length == 0 || reference.Length == 0)
                return 0;
            if (_built.TryGetValue(digest, out var created) || !imagesAnswer)
                return created;
            try
            {
                var answer = await images.ImageStatusAsync(new() { Image = new() { Image = reference }, Verbose = true }, Call());
                created = answer.Info.TryGetValue("info", out var info) ? ImageCreation.OfVerboseInfo(info, TimeProvider.System.GetUtcNow()) : 0;
            }
            catch (RpcException) when (!cancellationToken.IsCancellationRequested)
            {
                imagesAnswer = false;
                return 0;
            }
            if (_built.Count >= MaxImages)
                _built.Clear();
            return _built[digest] = created;
        }
    }

    private ContainerDetails OfPod(PodSandbox pod) => new()
    {
        Id = pod.Id,
        Runtime = _runtime,
        PodName = pod.Metadata?.Name ?? "",
        PodNamespace = pod.Metadata?.Namespace ?? "",
        PodUid = pod.Metadata?.Uid ?? "",
        PodLabels = new Dictionary<string, string>(pod.Labels, StringComparer.Ordinal),
    };

    /// <summary>The kubelet writes the pod's name on each container too: what is left when the pod itself is gone.</summary>
    private ContainerDetails OfLabels(MapField<string, string> labels, string podUid) => new()
    {
        Id = "",
        Runtime = _runtime,
        PodName = labels.TryGetValue("io.kubernetes.pod.name", out var name) ? name : "",
        PodNamespace = labels.TryGetValue("io.kubernetes.pod.namespace", out var space) ? space : "",
        PodUid = labels.TryGetValue("io.kubernetes.pod.uid", out var uid) ? uid : podUid,
    };

    /// <param name="imageRef"><c>docker.io/library/nginx@sha256:…</c> (manifest), or <c>sha256:…</c> (the image's configuration).</param>
    /// <param name="images">Null to do without.</param>
    /// <param name="image">As the workload asked for it: chooses among an image's repositories.</param>
    /// <returns>Null when <paramref name="images"/> is needed to tell.</returns>
    internal static string? DigestOf(string imageRef, ListImagesResponse? images, string? image)
    {
        var at = imageRef.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0)
            return imageRef[(at + 1)..];
        if (images is null)
            return null;
        var known = images.Images.FirstOrDefault(i => i.Id == imageRef || i.RepoTags.Contains(imageRef));
        if (known is null)
            return imageRef.StartsWith("sha256:", StringComparison.Ordinal) ? imageRef : null;
        var repository = (image ?? "").Split('@')[0];
        var colon = repository.LastIndexOf(':');
        if (colon > repository.LastIndexOf('/'))
            repository = repository[..colon];
        var digest = known.RepoDigests.FirstOrDefault(d => d.StartsWith(repository + "@", StringComparison.Ordinal)) ?? known.RepoDigests.FirstOrDefault();
        return digest is null ? known.Id : digest[(digest.IndexOf('@', StringComparison.Ordinal) + 1)..];
    }

    /// <summary>One short line of a text that the other side wrote.</summary>
    private static string Line(string text) => new([.. text.Take(200).Select(c => char.IsControl(c) ? ' ' : c)]);
}
