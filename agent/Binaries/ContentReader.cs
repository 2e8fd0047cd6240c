using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Runtime.Agent.Interop;
using Runtime.Agent.Packages;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Binaries;

/// <summary>Reads one file of a container: who it is, its hash and its headers. One thread, which may be made to wait by slow storage.</summary>
/// <remarks>
/// What the event held is an O_PATH descriptor: it pins the file, calls nothing of its file system, and is opened for reading
/// only here, after it was seen to be a regular file that no process of a container serves. A path that a container names is
/// walked inside that container's root, without magic links (openat2).
/// </remarks>
internal sealed unsafe partial class ContentReader(BinaryOptions options, HashBudget budget, SharedHashes? fleet, ImageLayers layers, PackageDatabases? packages, TimeProvider time)
{
    private const int DontSync = 0x4000; // AT_STATX_DONT_SYNC, linux/fcntl.h
    private const int ChunkBytes = 256 * 1024;
    private const uint FuseMagic = 0x65735546, OverlayMagic = 0x794c7630; // linux/magic.h

    private readonly byte[] _chunk = new byte[ChunkBytes];

    // Bounded by the setting; an identity whose file was changed a moment ago is not kept.
    private readonly RecentFiles<FileIdentity, BinaryContent> _known = new(options.CacheEntries);

    /// <summary>Since start; any thread reads them.</summary>
    public ulong Hashed { get; private set; }
    public ulong HashedBytes { get; private set; }
    public ulong FromCache { get; private set; }

    /// <param name="nowUnixNs">Wall clock, by which the file's times count.</param>
    /// <returns>Null while the other nodes are asked for it: <see cref="Finish"/> has it then.</returns>
    public BinaryContent? Read(BinaryRequest request, long nowUnixNs, CancellationToken stop)
    {
        var told = request.Told ?? default;
        if (request.Descriptor < 0)
            return new(told, [], BinaryTraits.Gone);
        if (!request.IsRoot)
            return Read(request, request.Descriptor, nowUnixNs, stop);
        var file = RootedPath.Open(request.Descriptor, request.Path, RootedPath.PathOnly);
        // Where every walk met a rename the file may be there: somebody changes the way to it.
        if (file < 0)
            return new(told, [], Marshal.GetLastPInvokeError() == EAGAIN ? BinaryTraits.Changed : BinaryTraits.Gone);
        try
        {
            return Read(request, file, nowUnixNs, stop);
        }
        finally
        {
            _ = close(file);
        }
    }

    private BinaryContent? Read(BinaryRequest request, int pinned, long nowUnixNs, CancellationToken stop)
    {
        if (Stat(pinned) is not var (identity, isRegular) || !isRegular)
            return new(request.Told ?? default, [], BinaryTraits.Unreadable);
        if (request.Told is { } told && !identity.IsSameFile(told, isLayered: request.Process.FileSystem == OverlayMagic))
        {
            // Another file: the process has executed the next one by now. The same one with other bytes: it was changed.
            var isAnother = !request.IsRoot && identity.Inode != told.Inode && !PathOf(pinned).SequenceEqual(request.Path);
            return new(told, [], isAnother ? BinaryTraits.Gone : BinaryTraits.Changed);
        }

        var path = PathOf(pinned);
        var question = request.Container is { } container ? packages?.Of(container, identity, path, stop) : null;
        if (TryCache(identity, identity, question) is { } known)
            return known;
        var fileSystem = FileSystemOf(request.Process.Key.Pid, identity.Device);
        var isLayered = fileSystem == "overlay" || (request.Told is not null && request.Process.FileSystem == OverlayMagic);
        if (request.Inode != 0 && !isLayered && request.Inode != identity.Inode)
            return new(identity, [], BinaryTraits.Changed);
        // A file on FUSE is read by asking a process, which may be the attacker's and never answer.
        if ((request.Told is not null && request.Process.FileSystem == FuseMagic) || fileSystem.StartsWith("fuse", StringComparison.Ordinal))
            return new(identity, [], BinaryTraits.Unreadable);
        // Containers of one image share their lower files, each through an overlay with a device of its own: number, size and both times are the file's.
        var shared = isLayered ? identity with { Device = 0 } : identity;
        if (isLayered && TryCache(shared, identity, question) is { } layered)
            return layered;

        var file = Reopen(pinned);
        if (file < 0)
            return new(identity, [], BinaryTraits.Unreadable);
        var open = new OpenFile(request, file, identity, shared, ElfFile.Inspect((offset, target) => ReadAt(file, offset, target), (long)Math.Min(identity.Size, long.MaxValue), request.IsLibrary), question);
        if (isLayered && TryAsk(open, path))
            return null;
        try
        {
            return Keep(open, Hash(open, stop), nowUnixNs);
        }
        finally
        {
            _ = close(file);
        }
    }

    private BinaryContent Keep(OpenFile open, BinaryContent content, long nowUnixNs)
    {
        // A write in between with the old size and mtime shows in ctime alone: these bytes are not the identity's.
        var isUnchanged = Stat(open.Descriptor) is var (now, _) && now == open.Identity;
        if (isUnchanged && !content.IsWorthAnotherTry && (content.Traits & BinaryTraits.Unreadable) == 0 && !open.Identity.IsRacy(nowUnixNs))
            _known.Set(open.Shared, content);
        return Judge(content, open.Question);
    }

    private BinaryContent? TryCache(in FileIdentity key, in FileIdentity identity, PackageQuestion? question)
    {
        if (!_known.TryGet(key, out var known))
            return null;
        // Read for an image without a database, or with one of another kind.
        if (question?.Needs is { } needs and not SumKind.None && known is { IsElsewhere: false, Sha256.Length: > 0 } && known.SumOf(needs).Length == 0 && PackageSum.IsThere(needs))
            return null;
        FromCache++;
        return Judge(known with { Identity = identity }, question);
    }

    private static BinaryContent Judge(BinaryContent content, PackageQuestion? question) =>
        question is null ? content : content with { Package = question.Judge(content.SumOf(question.Index.Sums)) };

    private BinaryContent Hash(OpenFile open, CancellationToken stop)
    {
        var (file, identity, traits) = (open.Descriptor, open.Identity, open.Traits);
        if (identity.Size > (ulong)options.MaxFileBytes)
            return new(identity, [], traits | BinaryTraits.TooLarge);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var kind = open.Question?.Needs ?? SumKind.None;
        using var sum = PackageSum.Begin(kind);
        var left = (long)identity.Size;
        for (long at = 0; left > 0;)
        {
            var got = ReadAt(file, at, _chunk.AsSpan(0, (int)Math.Min(left, _chunk.Length)));
            if (got <= 0)
                return new(identity, [], traits | BinaryTraits.Changed);
            hash.AppendData(_chunk, 0, got);
            sum?.AppendData(_chunk, 0, got);
            (at, left) = (at + got, left - got);
            HashedBytes += (ulong)got;
            if (budget.Spend(got) is { Ticks: > 0 } wait && stop.WaitHandle.WaitOne(wait))
                return new(identity, [], traits | BinaryTraits.Unreadable);
        }
        if (Stat(file) is not var (after, _) || after.Size != identity.Size || after.ModifiedNs != identity.ModifiedNs)
            return new(identity, [], traits | BinaryTraits.Changed);
        Hashed++;
        return new(identity, hash.GetHashAndReset(), traits) { SumKind = sum is null ? SumKind.None : kind, Sum = sum?.GetHashAndReset() ?? [] };
    }

    public static (FileIdentity Identity, bool IsRegular)? Stat(int descriptor)
    {
        statx file;
        byte empty = 0;
        if (statx(descriptor, &empty, AT_EMPTY_PATH | DontSync, STATX_BASIC_STATS, &file) != 0)
            return null;
        var identity = new FileIdentity(file.stx_dev_major << 20 | file.stx_dev_minor, file.stx_ino, file.stx_size, Nanoseconds(file.stx_mtime), Nanoseconds(file.stx_ctime));
        return (identity, (file.stx_mode & 0xF000) == 0x8000); // S_IFMT, S_IFREG
    }

    /// <summary>A file that is being read.</summary>
    /// <param name="Descriptor">Open for reading; whoever ends the reading closes it.</param>
    /// <param name="Shared">The identity under which other containers of this node meet it.</param>
    /// <param name="Question">To the container's package database; null without one.</param>
    internal sealed record OpenFile(BinaryRequest Request, int Descriptor, FileIdentity Identity, FileIdentity Shared, BinaryTraits Traits, PackageQuestion? Question);

    private static long Nanoseconds(statx_timestamp time) => time.tv_sec * 1_000_000_000 + time.tv_nsec;

    public static int ReadAt(int file, long offset, Span<byte> target)
    {
        var length = 0;
        fixed (byte* p = target)
        {
            while (length < target.Length)
            {
                var got = (long)pread(file, p + length, (size_t)(ulong)(target.Length - length), (off_t)(offset + length));
                if (got < 0 && errno == EINTR)
                    continue;
                if (got <= 0)
                    break;
                length += (int)got;
            }
        }
        return length;
    }

    public static int Reopen(int pinned)
    {
        var path = Encoding.ASCII.GetBytes($"/proc/self/fd/{pinned}\0");
        fixed (byte* p = path)
            return open(p, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    }

    public static byte[] PathOf(int pinned)
    {
        var path = Encoding.ASCII.GetBytes($"/proc/self/fd/{pinned}\0");
        var link = new byte[4096];
        fixed (byte* p = path)
        fixed (byte* l = link)
        {
            var length = (long)readlink(p, l, (size_t)(ulong)link.Length);
            return length < 0 ? [] : link[..(int)length];
        }
    }

    /// <returns>The type's name; empty when the device is a disk's, is not among the process's mounts, or the process is gone.</returns>
    private static string FileSystemOf(uint pid, uint device)
    {
        // Only file systems without a disk have major 0.
        if (device >> 20 != 0)
            return "";
        var number = $"0:{device & 0xFFFFF}";
        try
        {
            foreach (var line in File.ReadLines($"/proc/{pid}/mountinfo"))
            {
                // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue (proc(5))
                var words = line.Split(' ');
                var dash = words.Length > 6 ? Array.IndexOf(words, "-", 6) : -1;
                if (dash > 0 && dash + 1 < words.Length && words[2] == number)
                    return words[dash + 1];
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process is gone, and with it the question; for a program the kernel's word was asked as well.
            return "";
        }
        return "";
    }
}
