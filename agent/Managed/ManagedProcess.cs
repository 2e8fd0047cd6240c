using System.Buffers;
using System.Net.Sockets;
using Microsoft.Diagnostics.NETCore.Client;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Managed;

/// <summary>One .NET process that is watched: its session with the runtime, or what /proc shows of it.</summary>
/// <param name="isState">What is there already was there before the agent could see it come.</param>
internal sealed class ManagedProcess(ProcessRecord record, string procRoot, bool isState, ManagedEvents events, TimeSpan answerTimeout)
{
    private const int MaxAssemblies = 4096;

    // Hashes of paths that /proc told. Bounded by MaxAssemblies.
    private readonly HashSet<ulong> _files = [];
    private DiagnosticsPort? _port;
    private ulong _dropped;

    public ProcessRecord Record => record;

    /// <summary>The port's name as the process has it; null while there is no session.</summary>
    public string? PortPath { get; private set; }

    /// <summary>CLOCK_BOOTTIME of the session's begin.</summary>
    public ulong SinceBootNs { get; private set; }

    /// <summary>Others' connections when they were last counted.</summary>
    public int OtherClients { get; set; }

    /// <summary>The runtime's own word is not to be had.</summary>
    public bool IsByMaps { get; private set; }

    /// <summary>What the process was started with.</summary>
    public void TellEnvironment(RuntimeEnvironment environment)
    {
        foreach (var hook in environment.StartupHooks)
            Tell(ManagedOperation.StartupHook, hook.Name, hook.Path, ManagedFlags.None);
        foreach (var profiler in environment.Profilers)
            Tell(ManagedOperation.Profiler, profiler.Name, profiler.Path, ManagedFlags.None);
    }

    /// <summary>Runs until the process ends, the session does, or the token.</summary>
    /// <exception cref="TimeoutException">The runtime took the connection and did not answer.</exception>
    /// <exception cref="ForeignPortException">Another process listens there.</exception>
    /// <exception cref="InvalidDataException">What came is no trace.</exception>
    public async Task WatchAsync(DiagnosticsPort port, CancellationToken stopping)
    {
        _port = port;
        EventPipeSession session;
        using (var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping))
        {
            limit.CancelAfter(answerTimeout);
            try
            {
                if (await port.ListenerAsync(limit.Token) is var listener && listener != record.Key.Pid)
                    throw new ForeignPortException(listener);
                session = await port.ListenAsync(limit.Token);
            }
            catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
            {
                throw new TimeoutException($"the runtime did not answer for {answerTimeout.TotalSeconds:0} s");
            }
        }
        try
        {
            PortPath = PortClients.KeyOf(port.Path);
            SinceBootNs = events.NowBootNs();
            // What came before the session shows in its files; what came meanwhile is told twice, and counted.
            LookAtMaps(isState ? ManagedFlags.AtStart : ManagedFlags.None);
            await ReadAsync(session, stopping);
        }
        finally
        {
            PortPath = null;
            await EndAsync(session, stopping.IsCancellationRequested);
        }
    }

    /// <summary>There will be no session: the files of the process are all that is seen of it from here on.</summary>
    public void WatchByMaps()
    {
        IsByMaps = true;
        Tell(ManagedOperation.PortClosed, [], [], isState ? ManagedFlags.AtStart : ManagedFlags.None);
        LookAtMaps(ManagedFlags.FromMaps | (isState ? ManagedFlags.AtStart : ManagedFlags.None));
    }

    /// <returns>False when the process is gone.</returns>
    public bool LookAtMaps(ManagedFlags flags)
    {
        using var folder = ProcessFolder.Open(procRoot, record.Key);
        if (folder is null)
            return false;
        using var maps = folder.Read("maps\0"u8, RuntimeMaps.MaxBytes);
        foreach (var path in RuntimeMaps.NewAssemblies(maps.Span, _files, MaxAssemblies))
            Tell(ManagedOperation.AssemblyFile, AssemblyLoads.NameOfFile(path), path, flags);
        return true;
    }

    public void Tell(ManagedOperation operation, byte[] name, byte[] path, ManagedFlags flags, uint count = 1)
    {
        // What the process was started with is as old as the process.
        if (isState && operation is ManagedOperation.StartupHook or ManagedOperation.Profiler)
            flags |= ManagedFlags.AtStart;
        events.Post(this, new(record, operation, name, path, flags, events.NowBootNs(), count));
    }

    public void Lose(string reason, ulong count) => events.Lose(record, reason, count);

    private async Task ReadAsync(EventPipeSession session, CancellationToken stopping)
    {
        var loads = new AssemblyLoads(load => Tell(load.Operation, load.Name, load.Path, ManagedFlags.None));
        var decoder = new NettraceEvents(loads);
        var reader = new NettraceReader(decoder);
        while (true)
        {
            // Waits without holding a buffer: most processes load nothing for days.
            _ = await session.EventStream.ReadAsync(Memory<byte>.Empty, stopping);
            var buffer = ArrayPool<byte>.Shared.Rent(16 * 1024);
            try
            {
                var length = await session.EventStream.ReadAsync(buffer, stopping);
                if (length == 0)
                {
                    loads.Finish();
                    return;
                }
                reader.Add(buffer.AsSpan(0, length));
            }
            catch (InvalidDataException)
            {
                Lose("undecodable", 1);
                throw;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
            var missing = decoder.Dropped + loads.Malformed - _dropped;
            if (missing > 0)
                Lose("runtime_dropped", missing);
            _dropped += missing;
        }
    }

    /// <summary>Tells the runtime when it is we who leave, so that it does not write into nothing until it notices.</summary>
    private async Task EndAsync(EventPipeSession session, bool weLeave)
    {
        using (session)
        {
            if (!weLeave)
                return;
            try
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
                await session.StopAsync(limit.Token);
            }
            catch (Exception e) when (e is DiagnosticsClientException or IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // It ended first, or will notice the closed socket.
                events.CountUnfinished();
            }
        }
    }
}

/// <summary>The name of a process's port is held by another.</summary>
internal sealed class ForeignPortException(uint listener) : Exception($"process {listener} listens under its name");
