using System.Globalization;
using System.Text.Json;
using Runtime.Cri.V1;

namespace Runtime.Pods;

/// <summary>A pod that runs: a sandbox, to which containers are added.</summary>
public sealed class Pod
{
    private readonly CriClient _cri;
    private readonly PodConfig _config;

    // Bounded by the containers that its test or demo names; how often each was started.
    private readonly Dictionary<string, uint> _attempts = [];

    internal Pod(CriClient cri, PodSpec spec, PodConfig config, string id, string ip)
    {
        _cri = cri;
        _config = config;
        Spec = spec;
        Id = id;
        Ip = ip;
    }

    public PodSpec Spec { get; }

    /// <summary>The sandbox's id.</summary>
    public string Id { get; }

    /// <summary>In the pods' network; empty with the node's network.</summary>
    public string Ip { get; }

    /// <summary>Creates and starts a container. The same name again is what a kubelet does when the one before has ended: the next attempt.</summary>
    public async Task<RunningContainer> StartAsync(ContainerSpec spec, CancellationToken cancellationToken = default)
    {
        var attempt = _attempts.GetValueOrDefault(spec.Name);
        _attempts[spec.Name] = attempt + 1;
        var id = await _cri.CreateContainerAsync(Id, spec.ToConfig(Spec, attempt), _config, cancellationToken);
        await _cri.StartContainerAsync(id, cancellationToken);
        var status = await _cri.ContainerStatusAsync(id, cancellationToken);
        // {"sandboxID":"…","pid":4242,"removing":false,…}; pid is 0 when it has ended already.
        using var info = JsonDocument.Parse(status.Info["info"]);
        var log = Path.Combine(_config.LogDirectory, spec.Name, attempt.ToString(CultureInfo.InvariantCulture) + ".log");
        return new RunningContainer(_cri, spec, id, info.RootElement.GetProperty("pid").GetInt32(), status.Status.ImageRef, log);
    }

    /// <summary>Stops and removes it with all its containers.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken = default)
    {
        await _cri.StopPodAsync(Id, cancellationToken);
        await _cri.RemovePodAsync(Id, cancellationToken);
    }
}

/// <summary>A container that was started.</summary>
/// <param name="Pid">Its first process, as the machine numbers it; 0 when it had ended before it could be asked.</param>
/// <param name="ImageReference">With the digest: "localhost/web@sha256:…".</param>
/// <param name="LogPath">What it prints, in the kubelet's format: "time stdout F text".</param>
public sealed record RunningContainer(CriClient Cri, ContainerSpec Spec, string Id, int Pid, string ImageReference, string LogPath)
{
    private static readonly TimeSpan ExecLimit = TimeSpan.FromSeconds(20);

    /// <summary>Runs a program in it to its end, at most 20 s.</summary>
    public Task<ExecResult> ExecAsync(params IEnumerable<string> command) => Cri.ExecAsync(Id, command, ExecLimit);

    public Task StopAsync(TimeSpan grace, CancellationToken cancellationToken = default) => Cri.StopContainerAsync(Id, grace, cancellationToken);

    public Task RemoveAsync(CancellationToken cancellationToken = default) => Cri.RemoveContainerAsync(Id, cancellationToken);
}
