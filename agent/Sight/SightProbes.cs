using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Runtime.Agent.Capture;
using Runtime.Agent.Health;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;

namespace Runtime.Agent.Sight;

/// <summary>
/// Proof of sight: a marked process that does harmless things, and whether they came back through the kernel, the ring and the process
/// table, with the right process and the right container. What came and what did not goes to the collector, which so sees the whole road.
/// </summary>
/// <remarks>
/// <see cref="TakeExec"/> and <see cref="Take"/> belong to the capture thread, <see cref="RunAsync"/> to one task of its own: it tells also of a
/// capture thread that stands still. What the probe does is no behaviour of the node and goes no further.
/// </remarks>
/// <param name="scanInterval">Between two looks of rung 3, which meets what lives through one: there the probe lives for two.</param>
/// <param name="program">The agent's own binary.</param>
/// <param name="folder">Where the probe writes a file and removes it; made where it is absent.</param>
/// <param name="post">Results and losses, any thread.</param>
internal sealed class SightProbes(
    SightOptions options, Rung rung, TimeSpan scanInterval, string program, string folder, IKernelEventSource source, IWallClock clock, IProbeSink post, TimeProvider time, AgentLog log)
{
    /// <summary>One miss may be a busy moment; two in a row are not.</summary>
    private const int MissesOfBlindness = 2;

    /// <summary>What the rung sees for certain: rung 2 a connection that lives through a look at the sockets only, and rung 3 no file at all.</summary>
    private readonly ProbeKind[] _kinds = rung.Number switch
    {
        1 => Enum.GetValues<ProbeKind>(),
        2 => [ProbeKind.Exec, ProbeKind.Write],
        _ => [ProbeKind.Exec],
    };

    private readonly TimeSpan _life = rung.Number == 3 ? 2 * scanInterval : TimeSpan.Zero;

    private readonly uint _selfPid = (uint)Environment.ProcessId;

    // By ProbeKind's number. Written by the task that probes; a status reads single words.
    private readonly int[] _misses = new int[3];
    private readonly long[] _lastSeenUnixNs = new long[3];
    private readonly ulong[] _seen = new ulong[3], _missed = new ulong[3];

    private volatile Round? _round;
    private uint _number;

    // The newest probe's process. Capture thread only.
    private ProcessKey _process;

    /// <summary>Zero: there are none.</summary>
    public TimeSpan Interval => options.Interval == TimeSpan.Zero || options.Interval > Patience ? options.Interval : Patience;

    private TimeSpan Patience => options.Timeout + _life;

    /// <summary>The exec of a probe, which is kept back.</summary>
    public bool TakeExec(ProcessRecord process)
    {
        if (process.Parent is not { } parent || parent.Key.Pid != _selfPid || ProbeProcess.NumberOf(process.Arguments) is not { } number)
            return false;
        _process = process.Key;
        // In another container than its parent, an event would stand under the wrong name: that is not sight.
        if (process.ContainerId == parent.ContainerId && _round is { } round && round.Number == number)
            round.See(ProbeKind.Exec, clock.ToUnixNs(clock.NowBootNs()));
        return true;
    }

    /// <summary>Anything that a probe's process does, which is kept back.</summary>
    /// <param name="kind">What it proves; null when it proves nothing.</param>
    public bool Take(ProcessKey process, ProbeKind? kind)
    {
        if (_process.Pid == 0 || process != _process)
            return false;
        if (kind is { } act)
            _round?.See(act, clock.ToUnixNs(clock.NowBootNs()));
        return true;
    }

    /// <summary>Since when a kind is not seen although it happens, Unix nanoseconds; empty when all is seen. Any thread.</summary>
    public IReadOnlyDictionary<string, ulong> BlindSince() =>
        _kinds.Where(kind => Volatile.Read(ref _misses[(int)kind]) >= MissesOfBlindness).ToDictionary(NameOf, kind => (ulong)Volatile.Read(ref _lastSeenUnixNs[(int)kind]));

    /// <summary>By name since start. Any thread.</summary>
    public IReadOnlyDictionary<string, ulong> Counters() =>
        _kinds.SelectMany(kind => new[] { ($"sight.{NameOf(kind)}.seen", Volatile.Read(ref _seen[(int)kind])), ($"sight.{NameOf(kind)}.missed", Volatile.Read(ref _missed[(int)kind])) })
            .ToDictionary(pair => pair.Item1, pair => pair.Item2);

    /// <summary>Probes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (Interval == TimeSpan.Zero)
            return;
        // Held without listening: a connect to it is refused, and nobody else can take the number.
        using var port = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        MakeFolder();
        port.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var number = ((IPEndPoint)port.LocalEndPoint!).Port;
        Array.Fill(_lastSeenUnixNs, clock.ToUnixNs(clock.NowBootNs()));
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                Judge(await ProbeAsync(number, cancellationToken));
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    private void MakeFolder()
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Warning($"the probes have no place to write a file: {e.Message}");
        }
    }

    public static string NameOf(ProbeKind kind) => kind switch
    {
        ProbeKind.Exec => "exec",
        ProbeKind.Write => "write",
        _ => "connect",
    };

    private async Task<ProbeResult[]> ProbeAsync(int port, CancellationToken cancellationToken)
    {
        var before = source.Counters();
        var round = new Round(++_number, _kinds);
        _round = round;
        var doneUnixNs = clock.ToUnixNs(clock.NowBootNs());
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var limit = time.CreateTimer(_ => patience.Cancel(), null, Patience, Timeout.InfiniteTimeSpan);
        var (fault, code) = await RunProcessAsync(round.Number, port, patience.Token);
        await round.AllSeen.WaitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        var after = round.AllSeen.IsCompleted ? before : source.Counters();
        return [.. _kinds.Select(kind => new ProbeResult(
            kind, doneUnixNs, Refused(kind, code) is null ? round.SeenUnixNs(kind) : 0,
            Refused(kind, code) ?? (round.SeenUnixNs(kind) != 0 ? "" : fault ?? MissReason.Of(kind, source.Hooks, before, after))))];
    }

    /// <summary>A full disk or a node without loopback: then the probe proves nothing, whatever was seen.</summary>
    private string? Refused(ProbeKind kind, int code) => kind switch
    {
        ProbeKind.Write when (code & ProbeProcess.NotWritten) != 0 => $"the probe could not write a file below {folder}",
        ProbeKind.Connect when (code & ProbeProcess.NotConnected) != 0 => "the probe could not connect on 127.0.0.1",
        _ => null,
    };

    /// <returns>Why it did not run to its end, null when it did; and its exit code.</returns>
    private async Task<(string? Fault, int Code)> RunProcessAsync(uint number, int port, CancellationToken cancellationToken)
    {
        string[] arguments = [ProbeProcess.Verb, number.ToString(CultureInfo.InvariantCulture), port.ToString(CultureInfo.InvariantCulture), folder, _life.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)];
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
            try
            {
                await process.WaitForExitAsync(cancellationToken);
                return (null, process.ExitCode);
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                return ("the probe did not end in time", 0);
            }
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException)
        {
            return ($"the probe could not be started: {AgentLog.OneLine(e.Message)}", 0);
        }
    }

    private void Judge(ProbeResult[] results)
    {
        foreach (var result in results)
        {
            var kind = (int)result.Kind;
            var wasBlind = _misses[kind] >= MissesOfBlindness;
            if (result.IsSeen)
            {
                Volatile.Write(ref _lastSeenUnixNs[kind], result.SeenUnixNs);
                _seen[kind]++;
                _misses[kind] = 0;
                if (wasBlind)
                    log.Information($"sight of {NameOf(result.Kind)} is back");
            }
            else
            {
                _missed[kind]++;
                _misses[kind]++;
                if (_misses[kind] == MissesOfBlindness)
                    log.Warning($"blind for {NameOf(result.Kind)} since {DateTimeOffset.UnixEpoch.AddTicks(_lastSeenUnixNs[kind] / 100):HH:mm:ss}: {result.Reason}");
                // What happens meanwhile is lost, and nobody knows how much: any container's unit counts for nothing.
                if (_misses[kind] >= MissesOfBlindness)
                    post.Post(new LossFact(null, false, LossKindOf(result.Kind), "blind", 1, _lastSeenUnixNs[kind], result.DoneUnixNs));
            }
            post.Post(result);
        }
    }

    private static string LossKindOf(ProbeKind kind) => kind switch
    {
        ProbeKind.Exec => "process",
        ProbeKind.Write => "file",
        _ => "network",
    };

    /// <summary>One probe under way. Seen on the capture thread, awaited by the task.</summary>
    private sealed class Round(uint number, IReadOnlyList<ProbeKind> kinds)
    {
        private readonly long[] _seen = new long[3];
        private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly IReadOnlyList<ProbeKind> _kinds = kinds;
        private int _missing = kinds.Count;

        public uint Number => number;
        public Task AllSeen => _all.Task;

        public long SeenUnixNs(ProbeKind kind) => Volatile.Read(ref _seen[(int)kind]);

        public void See(ProbeKind kind, long unixNs)
        {
            // A kind that is not awaited does not count; each of those that are counts once.
            if (Interlocked.CompareExchange(ref _seen[(int)kind], unixNs, 0) == 0 && _kinds.Contains(kind) && Interlocked.Decrement(ref _missing) == 0)
                _all.SetResult();
        }
    }
}

/// <summary>Takes what probes showed. Any thread.</summary>
internal interface IProbeSink
{
    void Post(ProbeResult probe);
    void Post(LossFact loss);
}
