using System.Text;
using Runtime.Agent.Capture.Scan;
using Runtime.Agent.Interop;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Capture.Connector;

/// <summary>Files by fanotify: who wrote what, what was created, removed and renamed, and reads of sensitive files. Capture thread only.</summary>
/// <remarks>
/// The kernel folds like notices that wait (fanotify(7)): read by the clock and not at once, a writer costs a notice a look. Good for
/// "this was written", not for counts. It names the process, not the thread, and not the call.
/// </remarks>
internal sealed unsafe class FileWatch(FanotifyGroup content, FanotifyGroup? names, Mounts mounts, ProcessSightings processes, SensitivePaths sensitive) : IDisposable
{
    /// <summary>Files created a short while ago, whose first writing is part of it; beyond it the oldest is forgotten.</summary>
    private const int MaxCreated = 4096;

    /// <summary>Reads of one look; the kernel's queue of 16,384 notices is bounded too, but is filled meanwhile.</summary>
    private const int MaxReads = 512;

    private readonly byte[] _buffer = new byte[8192];

    // Bounded by MaxCreated; removed by the writing.
    private readonly HashSet<(uint Pid, string Path)> _created = [];
    private readonly Queue<(uint Pid, string Path)> _createdOrder = new();

    private ulong _gone, _overflows, _unresolved;
    private ulong _goneTold, _overflowsTold, _unresolvedTold;

    public ulong Notices { get; private set; }
    public ulong Delivered { get; private set; }
    public ulong Unopenable => content.Unopenable + (names?.Unopenable ?? 0);

    /// <summary>By the process's image: in which mount namespace it names its files.</summary>
    public void Look(IKernelEventSink sink, Action betweenReads)
    {
        // Names first: a file is created before it is written.
        for (var reads = 0; names is not null && reads < MaxReads && Read(names, sink) > 0; reads++)
            betweenReads();
        for (var reads = 0; reads < MaxReads && Read(content, sink) > 0; reads++)
            betweenReads();
    }

    public void TakeLosses(List<CaptureLoss> losses)
    {
        Tell(losses, "gone", _gone, ref _goneTold);
        // The kernel does not tell how many: at least one each time.
        Tell(losses, "fanotify_overflow", _overflows, ref _overflowsTold);
        Tell(losses, "unresolved", _unresolved, ref _unresolvedTold);
    }

    public void Dispose()
    {
        content.Dispose();
        names?.Dispose();
    }

    private static void Tell(List<CaptureLoss> losses, string reason, ulong count, ref ulong told)
    {
        if (count != told)
            losses.Add(new(null, EventKind.File, reason, count - told));
        told = count;
    }

    private int Read(FanotifyGroup group, IKernelEventSink sink)
    {
        var length = group.Read(_buffer);
        var rest = new ReadOnlySpan<byte>(_buffer, 0, length);
        while (FanotifyNotice.TryTake(ref rest, out var notice))
        {
            Notices++;
            if ((notice.Mask & FanotifyMask.Overflow) != 0)
                _overflows++;
            else if (notice.Descriptor >= 0)
                OnContent(notice, sink);
            else
                OnName(notice, sink);
        }
        return length;
    }

    private void OnContent(in FanotifyNotice notice, IKernelEventSink sink)
    {
        var file = notice.Pid == Environment.ProcessId ? null : OpenedFile.Of(notice.Descriptor);
        _ = close(notice.Descriptor);
        if (file is not { IsRegular: true, Path.Length: > 0 })
            return;
        var isWrite = (notice.Mask & (FanotifyMask.CloseWrite | FanotifyMask.Modify)) != 0;
        if (!isWrite && !sensitive.Contains(file.Path))
            return;
        if (Resolve(notice.Pid) is not { } process)
            return;
        if (isWrite && _created.Remove((process.Pid, Encoding.Latin1.GetString(file.Path))))
            return;
        Tell(sink, process, isWrite ? FileOperation.Write : FileOperation.SensitiveRead, file.Path, [], file);
    }

    private void OnName(in FanotifyNotice notice, IKernelEventSink sink)
    {
        if (notice.Pid == Environment.ProcessId)
            return;
        byte[] path = [], old = [];
        OpenedFile? file = null;
        byte[] target = [];
        var rest = notice.Information;
        while (FanotifyName.TryTake(ref rest, out var name))
        {
            if (name.Where == FanotifyName.Place.Unknown || name.Name.IsEmpty)
                continue;
            var folder = mounts.OpenFolder(name.FileSystem, name.Handle);
            if (folder < 0)
                continue;
            var place = OpenedFile.PathOf(folder);
            byte[] whole = place.AsSpan().SequenceEqual("/"u8) ? [.. "/"u8, .. name.Name] : [.. place, .. "/"u8, .. name.Name];
            if (name.Where == FanotifyName.Place.Old)
            {
                old = whole;
            }
            else
            {
                path = whole;
                file = OpenedFile.In(folder, whole, name.Name);
                if (file is { IsLink: true })
                    target = TargetOf(folder, name.Name);
            }
            _ = close(folder);
        }
        if (path.Length == 0)
        {
            _unresolved++;
            return;
        }
        if (Resolve(notice.Pid) is not { } process)
            return;
        var mountNamespace = process.Image?.MountNamespace ?? 0;
        path = mounts.Translate(path, mountNamespace);
        if (old.Length > 0)
            old = mounts.Translate(old, mountNamespace);
        Tell(notice.Mask, sink, process, path, old, target, file);
    }

    private void Tell(FanotifyMask mask, IKernelEventSink sink, Sighting process, byte[] path, byte[] old, byte[] target, OpenedFile? file)
    {
        if ((mask & FanotifyMask.Create) != 0)
        {
            if (file is { IsLink: true })
                Tell(sink, process, FileOperation.Symlink, path, target, file);
            else if (file is { IsRegular: true, Links: > 1 })
                Tell(sink, process, FileOperation.Link, path, [], file);
            else
                Tell(sink, process, FileOperation.Create, path, [], file);
            Remember(process.Pid, path);
        }
        if ((mask & (FanotifyMask.Rename | FanotifyMask.MovedTo)) != 0)
            Tell(sink, process, FileOperation.Rename, path, old, file);
        if ((mask & FanotifyMask.Delete) != 0)
            Tell(sink, process, FileOperation.Unlink, path, [], null);
    }

    private void Tell(IKernelEventSink sink, Sighting process, FileOperation operation, byte[] path, byte[] other, OpenedFile? file)
    {
        Delivered++;
        var flags = FileFlags.None;
        if (file is { IsRegular: true } && (file.FileMode & 0x49) != 0)
            flags |= FileFlags.Executable;
        if (file is not null && mounts.IsUpper(path, process.Image?.MountNamespace ?? 0))
            flags |= FileFlags.UpperLayer;
        sink.OnFile(new FileEvent
        {
            Origin = process.At(Clock.BootNs()),
            Operation = operation,
            Path = path,
            OtherPath = other,
            Flags = flags,
            Mode = file?.Permissions ?? 0,
            Inode = file?.Inode ?? 0,
            Device = file?.Device ?? 0,
        });
    }

    private Sighting? Resolve(uint pid)
    {
        var process = processes.Resolve(pid, Clock.BootNs());
        if (process is null && pid != Environment.ProcessId)
            _gone++;
        return process;
    }

    private void Remember(uint pid, byte[] path)
    {
        var key = (pid, Encoding.Latin1.GetString(path));
        if (!_created.Add(key))
            return;
        _createdOrder.Enqueue(key);
        while (_createdOrder.Count > MaxCreated)
            _created.Remove(_createdOrder.Dequeue());
    }

    private static byte[] TargetOf(int folder, ReadOnlySpan<byte> name)
    {
        var buffer = stackalloc byte[4096];
        fixed (byte* p = (byte[])[.. name, 0])
        {
            var length = (long)readlinkat(folder, p, buffer, (size_t)4096ul);
            return length <= 0 ? [] : new ReadOnlySpan<byte>(buffer, (int)length).ToArray();
        }
    }
}
