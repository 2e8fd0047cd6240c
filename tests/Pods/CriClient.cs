using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Runtime.Cri.V1;

namespace Runtime.Pods;

/// <summary>What a program inside a container answered.</summary>
public sealed record ExecResult(int ExitCode, string Output, string Errors);

/// <summary>The Container Runtime Interface over a runtime's unix socket, as a kubelet speaks it. Every call has a deadline.</summary>
/// <remarks>All methods throw <see cref="RpcException"/>: DeadlineExceeded when the runtime hangs, Unavailable when it is not there.</remarks>
public sealed class CriClient : IDisposable
{
    private static readonly TimeSpan QuickLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WorkLimit = TimeSpan.FromSeconds(60);

    private readonly GrpcChannel _channel;
    private readonly RuntimeService.RuntimeServiceClient _runtime;
    private readonly ImageService.ImageServiceClient _images;

    public CriClient(string socketPath)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(socketPath), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        // A connection that failed while the runtime started must not put off the next attempt by gRPC's usual second.
        _channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(20),
        });
        _runtime = new RuntimeService.RuntimeServiceClient(_channel);
        _images = new ImageService.ImageServiceClient(_channel);
    }

    public Task<VersionResponse> VersionAsync(CancellationToken cancellationToken = default) =>
        _runtime.VersionAsync(new VersionRequest(), Within(QuickLimit, cancellationToken)).ResponseAsync;

    /// <returns>The sandbox's id.</returns>
    public async Task<string> RunPodAsync(PodConfig config, CancellationToken cancellationToken = default) =>
        (await _runtime.RunPodSandboxAsync(new RunPodSandboxRequest { Config = config }, Within(WorkLimit, cancellationToken))).PodSandboxId;

    public Task StopPodAsync(string sandboxId, CancellationToken cancellationToken = default) =>
        _runtime.StopPodSandboxAsync(new PodId { PodSandboxId = sandboxId }, Within(WorkLimit, cancellationToken)).ResponseAsync;

    public Task RemovePodAsync(string sandboxId, CancellationToken cancellationToken = default) =>
        _runtime.RemovePodSandboxAsync(new PodId { PodSandboxId = sandboxId }, Within(WorkLimit, cancellationToken)).ResponseAsync;

    public async Task<PodStatus> PodStatusAsync(string sandboxId, CancellationToken cancellationToken = default) =>
        (await _runtime.PodSandboxStatusAsync(new StatusById { Id = sandboxId }, Within(QuickLimit, cancellationToken))).Status;

    public async Task<IReadOnlyList<PodSandbox>> ListPodsAsync(CancellationToken cancellationToken = default) =>
        (await _runtime.ListPodSandboxAsync(new Empty(), Within(QuickLimit, cancellationToken))).Items;

    /// <returns>The container's id.</returns>
    public async Task<string> CreateContainerAsync(string sandboxId, ContainerConfig config, PodConfig pod, CancellationToken cancellationToken = default)
    {
        var request = new CreateContainerRequest { PodSandboxId = sandboxId, Config = config, SandboxConfig = pod };
        return (await _runtime.CreateContainerAsync(request, Within(WorkLimit, cancellationToken))).ContainerId;
    }

    public Task StartContainerAsync(string containerId, CancellationToken cancellationToken = default) =>
        _runtime.StartContainerAsync(new ContainerId { ContainerId_ = containerId }, Within(WorkLimit, cancellationToken)).ResponseAsync;

    /// <summary>SIGTERM, then SIGKILL after <paramref name="grace"/> (whole seconds).</summary>
    public Task StopContainerAsync(string containerId, TimeSpan grace, CancellationToken cancellationToken = default)
    {
        var request = new StopContainerRequest { ContainerId = containerId, Timeout = (long)grace.TotalSeconds };
        return _runtime.StopContainerAsync(request, Within(WorkLimit + grace, cancellationToken)).ResponseAsync;
    }

    public Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken = default) =>
        _runtime.RemoveContainerAsync(new ContainerId { ContainerId_ = containerId }, Within(WorkLimit, cancellationToken)).ResponseAsync;

    /// <summary>With <c>info["info"]</c>, a JSON text that holds the main process's pid.</summary>
    public Task<ContainerStatusResponse> ContainerStatusAsync(string containerId, CancellationToken cancellationToken = default) =>
        _runtime.ContainerStatusAsync(new StatusById { Id = containerId, Verbose = true }, Within(QuickLimit, cancellationToken)).ResponseAsync;

    public async Task<IReadOnlyList<Container>> ListContainersAsync(CancellationToken cancellationToken = default) =>
        (await _runtime.ListContainersAsync(new Empty(), Within(QuickLimit, cancellationToken))).Containers;

    /// <summary>Runs a program in the container to its end, as `kubectl exec` does.</summary>
    /// <param name="limit">The runtime kills it then, and the call fails with DeadlineExceeded. Whole seconds.</param>
    public async Task<ExecResult> ExecAsync(string containerId, IEnumerable<string> command, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        var request = new ExecSyncRequest { ContainerId = containerId, Cmd = { command }, Timeout = (long)limit.TotalSeconds };
        var response = await _runtime.ExecSyncAsync(request, Within(limit + QuickLimit, cancellationToken));
        return new ExecResult(response.ExitCode, response.Stdout.ToStringUtf8(), response.Stderr.ToStringUtf8());
    }

    public async Task<IReadOnlyList<Image>> ListImagesAsync(CancellationToken cancellationToken = default) =>
        (await _images.ListImagesAsync(new Empty(), Within(QuickLimit, cancellationToken))).Images;

    public void Dispose() => _channel.Dispose();

    // CallOptions' deadline is compared with the wall clock inside the gRPC client.
    private static CallOptions Within(TimeSpan limit, CancellationToken cancellationToken) =>
        new(deadline: DateTime.UtcNow + limit, cancellationToken: cancellationToken);
}
