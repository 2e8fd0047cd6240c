using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.Diagnostics.NETCore.Client;
using Runtime.Agent.Health;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Managed;

/// <summary>Finds .NET processes among all, and watches what is loaded inside them. One loop for all of them.</summary>
/// <remarks>
/// exec (capture thread) → <see cref="OnExec"/> → the loop looks at the process a moment later, some times → a session, or files alone
/// → <see cref="ManagedEvents"/> → capture thread. Nothing on this road can hold up the capture.
/// </remarks>
/// <param name="procRoot">Usually /proc.</param>
internal sealed class ManagedWatch(ManagedOptions options, string procRoot, Func<ulong> nowBootNs, TimeProvider time, AgentLog log) : IAsyncDisposable
{
    /// <summary>As many as the process table holds: all of them come at once when the agent starts.</summary>
    private const int MaxStarts = 65_536, MaxWaiting = 65_536;

    private const int RoundMilliseconds = 20;

    /// <summary>No runtime opens its port sooner after the exec.</summary>
    private const ulong YouthNs = 25_000_000;

    /// <summary>A process that was there for so long has its runtime by now, if it ever will.</summary>
    private const ulong GrownUpNs = 20_000_000_000;

    /// <summary>A container's share of the processes.</summary>
    private const int Shares = 4;

    // Programs that were just started. Bounded by MaxStarts. Capture thread.
    private readonly Queue<ProcessRecord> _young = new();

    // Bounded by MaxStarts: what does not fit is told as a loss.
    private readonly Channel<ProcessRecord> _starts = Channel.CreateBounded<ProcessRecord>(new BoundedChannelOptions(MaxStarts) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });

    // By when they are looked at, milliseconds of TickCount. Bounded by MaxWaiting.
    private readonly PriorityQueue<Candidate, long> _waiting = new();

    // Bounded by MaxProcesses. Loop alone.
    private readonly Dictionary<ProcessKey, ManagedProcess> _watched = [];
    private readonly Dictionary<string, int> _byContainer = new(StringComparer.Ordinal);

    // Sessions that ended, for the loop. Bounded by the watched.
    private readonly Channel<Ended> _ended = Channel.CreateUnbounded<Ended>();

    private readonly DotNetPrograms _programs = new(time);
    private readonly ManagedEvents _events = new(nowBootNs);
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _news = new(0);
    private int _hasNews, _deniedTold;
    private Task _loop = Task.CompletedTask;
    private long _nextPoll;
    private ulong _looks, _gone, _sessions, _portsClosed, _foreign, _failed, _timedOut, _polls, _full;

    /// <summary>Begins; call once.</summary>
    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>A program was started, or was there when the agent came. Capture thread.</summary>
    public void OnExec(ProcessRecord process)
    {
        if (process.Key.Pid == Environment.ProcessId || process.Binary.Length == 0)
            return;
        if (_young.Count < MaxStarts)
            _young.Enqueue(process);
        else
            _events.Lose(process, "queue_full", 1);
    }

    /// <summary>Capture thread, at idle moments: hands over what was seen, and takes on what lived long enough to be looked at.</summary>
    /// <param name="isAlive">What most programs are no more when it is asked: they cost nothing further then.</param>
    public void OnIdle(IManagedSink sink, Func<ProcessKey, bool> isAlive)
    {
        _events.Deliver(sink);
        if (_young.Count == 0)
            return;
        var now = nowBootNs();
        while (_young.TryPeek(out var process) && process.ExecBootNs + YouthNs <= now)
        {
            _young.Dequeue();
            if (!isAlive(process.Key))
                continue;
            if (!_starts.Writer.TryWrite(process))
                _events.Lose(process, "queue_full", 1);
            Wake();
        }
    }

    /// <summary>By name since start. Any thread.</summary>
    public IReadOnlyDictionary<string, ulong> Counters() => new Dictionary<string, ulong>(_events.Counters())
    {
        ["managed.looks"] = _looks,
        ["managed.gone"] = _gone,
        ["managed.watched"] = (ulong)_watched.Count,
        ["managed.waiting"] = (ulong)_waiting.Count,
        ["managed.sessions"] = _sessions,
        ["managed.ports_closed"] = _portsClosed,
        ["managed.ports_foreign"] = _foreign,
        ["managed.sessions_failed"] = _failed,
        ["managed.sessions_timed_out"] = _timedOut,
        ["managed.full"] = _full,
        ["managed.polls"] = _polls,
    };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
        _news.Dispose();
    }

    private async Task RunAsync()
    {
        var sessions = new HashSet<Task>();
        try
        {
            _nextPoll = Environment.TickCount64 + (long)options.PollInterval.TotalMilliseconds;
            while (!_stop.IsCancellationRequested)
            {
                while (_starts.Reader.TryRead(out var process))
                    Take(process);
                while (_ended.Reader.TryRead(out var ended))
                    End(ended);
                sessions.RemoveWhere(task => task.IsCompleted);
                while (_waiting.TryPeek(out _, out var due) && due <= Environment.TickCount64)
                {
                    if (Look(_waiting.Dequeue()) is { } session)
                        sessions.Add(session);
                }
                if (Environment.TickCount64 >= _nextPoll)
                    Poll();
                await SleepAsync();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The agent stops.
        }
        // The border of the loop: without it nothing inside .NET is seen any more, and the rest of the agent goes on.
        catch (Exception e)
        {
            log.Error($"the watch inside .NET processes ended: {e}");
        }
        await _stop.CancelAsync();
        await Task.WhenAll(sessions).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Until a process starts, a session ends, or the next look or poll is due.</summary>
    private async Task SleepAsync()
    {
        // No runtime is ready sooner after its exec: one round serves all that come meanwhile.
        await Task.Delay(RoundMilliseconds, _stop.Token);
        var until = _waiting.TryPeek(out _, out var due) ? Math.Min(due, _nextPoll) : _nextPoll;
        var milliseconds = until - Environment.TickCount64;
        if (milliseconds > 0)
            await _news.WaitAsync((int)Math.Min(milliseconds, int.MaxValue), _stop.Token);
        // What is told from here on is taken in the round that follows, or wakes the next sleep.
        while (_news.Wait(0))
        {
        }
        Volatile.Write(ref _hasNews, 0);
    }

    /// <summary>Any thread.</summary>
    private void Wake()
    {
        if (Interlocked.Exchange(ref _hasNews, 1) == 0)
            _news.Release();
    }

    private void Take(ProcessRecord process)
    {
        // It runs another program now; what the earlier one's session still has to say is its own.
        if (_watched.TryGetValue(process.Key, out var before) && before.Record.ExecBootNs < process.ExecBootNs)
            Remove(process.Key);
        var known = _programs.HasRuntime(process);
        if (known == false)
            return;
        var isState = (process.Flags & ProcessFlags.AtStart) != 0;
        var isGrownUp = isState && process.Key.StartBootNs + GrownUpNs <= nowBootNs();
        Wait(new(process, isState, Likely: known == true, Attempt: isGrownUp ? Candidate.LastAttempt : 0), isGrownUp ? 0 : null);
    }

    /// <param name="delay">Milliseconds; null for what the candidate's next attempt says.</param>
    private void Wait(Candidate candidate, long? delay = null)
    {
        if (_waiting.Count >= MaxWaiting)
        {
            _events.Lose(candidate.Process, "queue_full", 1);
            return;
        }
        _waiting.Enqueue(candidate, Environment.TickCount64 + (delay ?? candidate.Delay));
    }

    /// <returns>The session that begins; null when there is none.</returns>
    private Task? Look(Candidate candidate)
    {
        var process = candidate.Process;
        // The same process can come twice: from the scan and from its exec, or by another exec.
        if (_watched.TryGetValue(process.Key, out var before) && before.Record.ExecBootNs >= process.ExecBootNs)
            return null;
        var known = _programs.HasRuntime(process);
        if (known == false)
            return null;
        if (known is null && _programs.HadNone(process, candidate.Attempt))
        {
            if (!candidate.IsLast)
                Wait(candidate.Next());
            return null;
        }
        _looks++;
        using var folder = ProcessFolder.Open(procRoot, process.Key);
        if (folder is null)
        {
            _gone++;
            return null;
        }
        var hasRuntime = known;
        if (known is null || candidate.IsLast)
        {
            using var maps = folder.Read("maps\0"u8, RuntimeMaps.MaxBytes);
            hasRuntime = RuntimeMaps.HasRuntime(maps.Span);
        }
        if (hasRuntime != true)
        {
            if (known is null)
                _programs.LearnNone(process, candidate.Attempt, candidate.IsLast);
            if (!candidate.IsLast)
                Wait(candidate.Next());
            return null;
        }
        if (known is null)
            _programs.LearnRuntime(process);
        RuntimeEnvironment environment;
        using (var text = folder.Read("environ\0"u8, RuntimeEnvironment.MaxBytes))
            environment = RuntimeEnvironment.Parse(text.Span);
        var port = environment.PortIsOff ? null : DiagnosticsPort.Find(folder, environment);
        if (port is null && !candidate.IsLast && !environment.PortIsOff)
        {
            Wait(candidate.Next() with { Likely = true });
            return null;
        }
        if (!TryAdd(candidate, out var watched))
        {
            port?.Dispose();
            return null;
        }
        if (candidate.Sessions == 0)
            watched.TellEnvironment(environment);
        else
            // The process lives on without its session: somebody ended it, or the runtime did not answer.
            watched.Lose("session_ended", 1);
        if (port is not null)
            return WatchAsync(watched, port, candidate);
        _portsClosed++;
        watched.WatchByMaps();
        return null;
    }

    private bool TryAdd(Candidate candidate, out ManagedProcess watched)
    {
        var process = candidate.Process;
        var ofContainer = _byContainer.GetValueOrDefault(process.ContainerId);
        var reason = _watched.Count >= options.MaxProcesses ? "processes_full" : ofContainer >= options.MaxProcesses / Shares ? "share_full" : null;
        watched = new(process, procRoot, candidate.IsState, _events, options.AnswerTimeout);
        if (reason is null)
        {
            Remove(process.Key);
            _watched[process.Key] = watched;
            _byContainer[process.ContainerId] = ofContainer + 1;
            return true;
        }
        if (!candidate.WasFull)
        {
            _full++;
            _events.Lose(process, reason, 1);
        }
        Wait(candidate with { WasFull = true }, (long)TimeSpan.FromMinutes(1).TotalMilliseconds);
        return false;
    }

    private void Remove(ProcessKey key)
    {
        if (!_watched.Remove(key, out var watched))
            return;
        var id = watched.Record.ContainerId;
        if (--_byContainer[id] == 0)
            _byContainer.Remove(id);
    }

    private async Task WatchAsync(ManagedProcess process, DiagnosticsPort port, Candidate candidate)
    {
        var outcome = Outcome.Ended;
        Interlocked.Increment(ref _sessions);
        try
        {
            await process.WatchAsync(port, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The agent stops.
        }
        catch (TimeoutException)
        {
            Interlocked.Increment(ref _timedOut);
            outcome = Outcome.Silent;
        }
        catch (ForeignPortException e)
        {
            Interlocked.Increment(ref _foreign);
            log.Warning($"diagnostics port of process {process.Record.Key.Pid}: {e.Message}; what happens inside is seen by its files alone");
            outcome = Outcome.Refused;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            Interlocked.Increment(ref _failed);
            if (Interlocked.Exchange(ref _deniedTold, 1) == 0)
                log.Warning("diagnostics ports of other users' .NET processes may not be connected to (CAP_DAC_OVERRIDE is missing): what happens inside them is seen by their files alone");
            outcome = Outcome.Refused;
        }
        catch (Exception e) when (e is DiagnosticsClientException or IOException or SocketException or InvalidDataException or ObjectDisposedException)
        {
            Interlocked.Increment(ref _failed);
            log.Debug($"diagnostics port of process {process.Record.Key.Pid}: {e.Message}");
            outcome = Outcome.Failed;
        }
        finally
        {
            port.Dispose();
            _ended.Writer.TryWrite(new(process, candidate, outcome));
            Wake();
        }
    }

    /// <summary>A session is over: with its process, or before it.</summary>
    private void End(Ended ended)
    {
        var (process, candidate, outcome) = ended;
        if (_watched.GetValueOrDefault(process.Record.Key) != process)
            return;
        using var folder = ProcessFolder.Open(procRoot, process.Record.Key);
        if (folder is null || _stop.IsCancellationRequested)
        {
            Remove(process.Record.Key);
            return;
        }
        if (outcome == Outcome.Refused || candidate.Sessions >= Candidate.MaxSessions)
        {
            _portsClosed++;
            process.WatchByMaps();
            return;
        }
        // The last words of a process that is just ending come here too: the next look finds it gone.
        Remove(process.Record.Key);
        Wait(candidate.Again(), candidate.RetryDelay(outcome == Outcome.Silent ? 3 * options.AnswerTimeout : TimeSpan.FromSeconds(1)));
    }

    private void Poll()
    {
        _polls++;
        _nextPoll = Environment.TickCount64 + (long)options.PollInterval.TotalMilliseconds;
        foreach (var process in _watched.Values.Where(process => process.IsByMaps).ToArray())
        {
            if (!process.LookAtMaps(ManagedFlags.FromMaps))
                Remove(process.Record.Key);
        }
        OtherClients.Look(_watched.Values, procRoot, nowBootNs());
    }

    private enum Outcome : byte
    {
        /// <summary>The stream came to its end.</summary>
        Ended,
        Failed,
        Silent,
        Refused,
    }

    private readonly record struct Ended(ManagedProcess Process, Candidate Candidate, Outcome Outcome);
}
