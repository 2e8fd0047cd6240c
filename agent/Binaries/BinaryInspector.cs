using System.Collections.Concurrent;
using System.Text;
using Runtime.Agent.Containers;
using Runtime.Agent.Packages;
using Runtime.Agent.Processes;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Binaries;

/// <summary>
/// Reads what is executed and mapped, each file of a container once, on a thread of its own. Asked and emptied by the capture thread, which never waits for a file.
/// </summary>
/// <remarks>Asked = answered + waiting + lost, where a loss has its reason: the queue was full, told to the container it is missing from, or the agent ended.</remarks>
internal sealed class BinaryInspector : IDisposable
{
    private const int MaxStepsAbove = 8;

    /// <summary>As long as a fact waits for its container.</summary>
    private static readonly TimeSpan NameWait = TimeSpan.FromSeconds(10);

    private readonly BinaryOptions _options;
    private readonly TimeProvider _time;
    private readonly PackageDatabases? _packages;
    private readonly ContentReader _reader;
    private readonly Thread _thread;
    private readonly CancellationTokenSource _stop = new();

    // Bounded by QueueLength together with _readings: what is on its way counts until it is taken.
    // A null wakes the thread: there is an answer of another node.
    private readonly BlockingCollection<BinaryRequest?> _requests = [];
    private readonly BlockingCollection<BinaryReading> _readings = [];
    private int _onTheirWay;

    // Not with the thread yet: image and root of their container are not known, without which neither other nodes nor its packages can be asked. Bounded
    // with _requests. Capture thread only.
    private readonly List<(BinaryRequest Request, long Since)> _unnamed = [];

    // A null waits in the queue: one is enough.
    private bool _isWoken;

    // Bounded by the setting. Capture thread only. By container: the collector wants each one's files.
    private readonly RecentFiles<(string Container, FileIdentity Told), bool> _asked;

    private ulong _requestCount, _answered, _gone, _changed, _unreadable, _tooLarge, _queueFull, _matches, _mismatches;

    /// <param name="onFault">Gets words about a file that could not be read for a reason nobody foresaw; the thread goes on.</param>
    public BinaryInspector(BinaryOptions options, ImageLayers layers, TimeProvider time, Action<string> onFault)
    {
        (_options, _time) = (options, time);
        Fleet = options.Share ? new(time) { Changed = Wake } : null;
        var budget = new HashBudget(options.BytesPerSecond, time);
        _packages = options.Packages ? new(layers, budget) : null;
        _reader = new(options, budget, Fleet, layers, _packages, time);
        _asked = new(options.CacheEntries);
        _thread = new Thread(() => Work(onFault)) { IsBackground = true, Name = "binaries" };
        _thread.Start();
    }

    /// <summary>The other nodes; null when nothing is shared with them.</summary>
    public SharedHashes? Fleet { get; }

    /// <summary>Asks for the file that a process executes.</summary>
    /// <returns>False when there was no room: a fact is lost.</returns>
    public bool AskExecuted(ProcessRecord process, ContainerRecord? container, long unixNs)
    {
        if (process.Binary.Length == 0)
            return true;
        var told = FileIdentity.OfSeconds(process.Device, process.Inode, process.Size, process.ModifiedUnixSeconds, process.ChangedUnixSeconds);
        return !IsNew(container, told, unixNs) || Ask(process, container, process.Binary, told, isLibrary: false, 0, $"/proc/{process.Key.Pid}/exe");
    }

    /// <summary>Asks for the file that a dynamic loader was told to run; the path alone is known, and is walked within the process's root.</summary>
    /// <returns>False when there was no room: a fact is lost.</returns>
    public bool AskPayload(ProcessRecord process, ContainerRecord? container) =>
        !process.Payload.AsSpan().StartsWith("/"u8)
        || Ask(process, container, process.Payload, null, isLibrary: false, 0, $"/proc/{process.Key.Pid}/root");

    /// <summary>Asks for a file that a process mapped as code; walked within the process's root, and checked to be the one of that number.</summary>
    /// <returns>False when there was no room: a fact is lost.</returns>
    public bool AskLibrary(ProcessRecord process, ContainerRecord? container, ReadOnlySpan<byte> path, ulong inode) =>
        Ask(process, container, path.ToArray(), null, isLibrary: true, inode, $"/proc/{process.Key.Pid}/root");

    /// <summary>Goes on with the files whose container is known by now, or that waited long enough for it.</summary>
    /// <param name="isLast">Nobody waits any more: goes on with all.</param>
    public void ReleaseDue(IContainers containers, bool isLast = false) => _unnamed.RemoveAll(waiting =>
    {
        var container = containers.Lookup(waiting.Request.Process.Cgroup);
        if (!isLast && container is { Complete: false } && _time.GetElapsedTime(waiting.Since) < NameWait)
            return false;
        _requests.Add(waiting.Request with { Container = container });
        return true;
    });

    /// <summary>The oldest answer that was not taken yet.</summary>
    /// <param name="wait">For the next one, if something is on its way.</param>
    public bool TryTake(out BinaryReading reading, TimeSpan wait = default)
    {
        if (!_readings.TryTake(out reading!, OnTheirWay > 0 ? wait : TimeSpan.Zero))
            return false;
        Interlocked.Decrement(ref _onTheirWay);
        if (reading.Content.IsWorthAnotherTry && reading.Request.Told is { } told)
            _asked.Forget((reading.Request.Container?.Id ?? "", told));
        return true;
    }

    /// <summary>Asked and not taken yet.</summary>
    public int OnTheirWay => Math.Max(0, Volatile.Read(ref _onTheirWay));

    /// <summary>Nothing waits and nothing is being read; answers may still wait to be taken.</summary>
    public bool IsIdle => OnTheirWay == _readings.Count;

    /// <summary>By name since start. Any thread.</summary>
    public IReadOnlyDictionary<string, ulong> Counters() => new Dictionary<string, ulong>(Fleet?.Counters() ?? new Dictionary<string, ulong>())
    {
        ["binaries.asked"] = _requestCount,
        ["binaries.answered"] = _answered,
        ["binaries.waiting"] = (ulong)OnTheirWay,
        ["binaries.queue_full"] = _queueFull,
        ["binaries.hashed"] = _reader.Hashed,
        ["binaries.hashed_bytes"] = _reader.HashedBytes,
        ["binaries.from_cache"] = _reader.FromCache,
        ["binaries.gone"] = _gone,
        ["binaries.changed"] = _changed,
        ["binaries.unreadable"] = _unreadable,
        ["binaries.too_large"] = _tooLarge,
        ["hashes.asked"] = _reader.Asked,
        ["hashes.answered"] = _reader.Answered,
        ["hashes.unknown"] = _reader.Unknown,
        ["hashes.timed_out"] = _reader.TimedOut,
        ["hashes.verified"] = _reader.Verified,
        ["hashes.disagreed"] = _reader.Disagreed,
        ["hashes.spared_bytes"] = _reader.SparedBytes,
        ["packages.databases_read"] = _packages?.Read ?? 0,
        ["packages.database_bytes"] = _packages?.ReadBytes ?? 0,
        ["packages.rpm_berkeley_db"] = _packages?.Unread(DatabaseGap.BerkeleyDb) ?? 0,
        ["packages.rpm_ndb"] = _packages?.Unread(DatabaseGap.Ndb) ?? 0,
        ["packages.rpm_unsettled"] = _packages?.Unread(DatabaseGap.Unsettled) ?? 0,
        ["packages.rpm_unreadable"] = _packages?.Unread(DatabaseGap.Unreadable) ?? 0,
        ["packages.matches"] = _matches,
        ["packages.mismatches"] = _mismatches,
    };

    public void Dispose()
    {
        _stop.Cancel();
        _requests.CompleteAdding();
        // Slow storage may hold it; it is a background thread, and what it holds ends with the program.
        if (!_thread.Join(TimeSpan.FromSeconds(2)))
            return;
        foreach (var request in _unnamed.Select(waiting => waiting.Request).Concat(_requests.OfType<BinaryRequest>()))
            Close(request);
        _reader.Abandon();
        _requests.Dispose();
        _readings.Dispose();
        _stop.Dispose();
    }

    private bool IsNew(ContainerRecord? container, FileIdentity told, long unixNs)
    {
        // What was changed a moment ago may be changed again without a trace: each run of it is looked at.
        var key = (container?.Id ?? "", told);
        if (told.IsRacy(unixNs))
            return true;
        if (_asked.TryGet(key, out _))
            return false;
        _asked.Set(key, true);
        return true;
    }

    private bool Ask(ProcessRecord process, ContainerRecord? container, byte[] path, FileIdentity? told, bool isLibrary, ulong inode, string link)
    {
        _requestCount++;
        if (Interlocked.Increment(ref _onTheirWay) > _options.QueueLength)
        {
            Interlocked.Decrement(ref _onTheirWay);
            _queueFull++;
            if (told is { } identity)
                _asked.Forget((container?.Id ?? "", identity));
            return false;
        }
        var descriptor = Pin(link);
        var isRoot = told is null;
        if (descriptor < 0 && (told is not null || inode != 0))
            (descriptor, isRoot) = (PinRootAbove(process), true);
        var request = new BinaryRequest(process, container, path, told, isLibrary, inode, isRoot, descriptor);
        if (container is { Complete: false } && (_packages is not null || Fleet is { IsOpen: true }))
            _unnamed.Add((request, _time.GetTimestamp()));
        else
            _requests.Add(request);
        return true;
    }

    /// <summary>
    /// The process ended before its event came out of the ring, but its file is most often still there: seen from whoever started it and sees the same mounts.
    /// That it is the file executed is checked when it is read.
    /// </summary>
    private static int PinRootAbove(ProcessRecord process)
    {
        for (var (above, step) = (process.Parent, 0); above is not null && step < MaxStepsAbove; (above, step) = (above.Parent, step + 1))
        {
            if (above.MountNamespace == process.MountNamespace && Pin($"/proc/{above.Key.Pid}/root") is >= 0 and var root)
                return root;
        }
        return -1;
    }

    /// <summary>Follows a magic link of /proc: nothing of the file's own file system is called, so this cannot wait.</summary>
    private static unsafe int Pin(string link)
    {
        Span<byte> path = stackalloc byte[64];
        path = path[..Encoding.ASCII.GetBytes(link, path[..^1])];
        fixed (byte* p = path)
        {
            p[path.Length] = 0;
            return open(p, O_PATH | O_CLOEXEC);
        }
    }

    private void Work(Action<string> onFault)
    {
        try
        {
            while (!_requests.IsCompleted)
            {
                if (_requests.TryTake(out var request, _reader.DueMilliseconds, _stop.Token) && request is not null)
                    Read(request, onFault);
                Volatile.Write(ref _isWoken, false);
                while (_reader.TakeAnswered() is var (asked, answer))
                    Answer(asked.File.Request, Guard(asked.File.Request, () => _reader.Finish(asked, answer, NowUnixNs, _stop.Token), onFault)!);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _isWoken, true))
            return;
        try
        {
            _requests.Add(null);
        }
        catch (InvalidOperationException)
        {
            // The agent ends: nobody waits for answers.
        }
    }

    private void Read(BinaryRequest request, Action<string> onFault)
    {
        var content = Guard(request, () => _reader.Read(request, NowUnixNs, _stop.Token), onFault);
        Close(request);
        if (content is not null)
            Answer(request, content);
    }

    private static BinaryContent? Guard(BinaryRequest request, Func<BinaryContent?> read, Action<string> onFault)
    {
        try
        {
            return read();
        }
        // The border of the thread: one odd file must not end the reading of all others.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            onFault($"a program's file could not be read, it goes out without a hash: {e.Message}");
            return new BinaryContent(request.Told ?? default, [], BinaryTraits.Unreadable);
        }
    }

    private void Answer(BinaryRequest request, BinaryContent content)
    {
        Count(content);
        _readings.Add(new(request, content, NowUnixNs));
    }

    private long NowUnixNs => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    private void Count(BinaryContent content)
    {
        var traits = content.Traits;
        _answered++;
        _matches += content.Package.Verdict == PackageVerdict.Matches ? 1u : 0;
        _mismatches += content.Package.Verdict == PackageVerdict.Mismatch ? 1u : 0;
        _gone += traits.HasFlag(BinaryTraits.Gone) ? 1u : 0;
        _changed += traits.HasFlag(BinaryTraits.Changed) ? 1u : 0;
        _unreadable += traits.HasFlag(BinaryTraits.Unreadable) ? 1u : 0;
        _tooLarge += traits.HasFlag(BinaryTraits.TooLarge) ? 1u : 0;
    }

    private static void Close(BinaryRequest request)
    {
        if (request.Descriptor >= 0)
            _ = close(request.Descriptor);
    }
}
