namespace Runtime.Agent.Reduction;

/// <summary>Whose folder below /proc a path names, seen from the process that used it.</summary>
internal enum ProcOwner : byte
{
    Other = 0,
    Self = 1,
    Child = 2,
}

/// <summary>Replaces the varying parts of a path by their types, so that the next random name is not a new behaviour.</summary>
/// <remarks>
/// Pure, one pass, no allocation, any bytes. Only for paths of files: the path of an executed binary is never typed.
/// <code>
/// /tmp/tmp.Xk3f9Qa1bZ/run.sh                     /tmp/tmp.&lt;rand&gt;/run.sh
/// /var/log/app/2026-11-23.log                    /var/log/app/&lt;date&gt;.log
/// /data/3f2a9c77b1d0/part-00017                  /data/&lt;hex12&gt;/part-&lt;int&gt;
/// /tmp/ccIz9iRW.s, /tmp/.ZendSem.JeTe2D          /tmp/cc&lt;rand&gt;.s, /tmp/.ZendSem.&lt;rand&gt;
/// /usr/lib/x86_64-linux-gnu/libssl.so.3          the same: images own /usr, and a small number there is a name
/// /proc/4711/environ                             /proc/self/…, /proc/&lt;child&gt;/… or /proc/&lt;other&gt;/…
/// /sys/fs/cgroup/docker/&lt;64 hex&gt;/cpu.max         /sys/fs/cgroup/docker/&lt;container&gt;/cpu.max
/// </code>
/// </remarks>
internal static class PathTemplate
{
    /// <summary>
    /// What a collector takes as one text. A type's name can be longer than what it stands for ("/1/1" becomes
    /// "/&lt;int&gt;/&lt;int&gt;"), so that only a path made for it, of thousands of numbers, reaches this; it is cut then.
    /// </summary>
    public const int MaxLength = 8192;

    // Where images put their files. A path here that ends in .1 or -64 was named by a person.
    private static ReadOnlySpan<byte> Image => "bin boot etc lib lib32 lib64 libx32 opt sbin usr"u8;

    /// <returns>Bytes written. What does not fit into <paramref name="output"/> is cut.</returns>
    public static int Write(ReadOnlySpan<byte> path, ProcOwner owner, Span<byte> output)
    {
        var writer = new TemplateWriter(output);
        var place = new Place();
        while (true)
        {
            var slash = path.IndexOf((byte)'/');
            var segment = slash < 0 ? path : path[..slash];
            WriteSegment(segment, place, owner, ref writer);
            if (slash < 0)
                return writer.Length;
            writer.Add("/"u8);
            path = path[(slash + 1)..];
            place.Enter(segment);
        }
    }

    /// <summary>The pid in /proc/PID/…, in the pid namespace of whoever mounted that /proc; false for every other path.</summary>
    public static bool TryProcPid(ReadOnlySpan<byte> path, out uint pid)
    {
        pid = 0;
        if (!path.StartsWith("/proc/"u8))
            return false;
        path = path["/proc/".Length..];
        var end = path.IndexOf((byte)'/');
        return global::System.Buffers.Text.Utf8Parser.TryParse(end < 0 ? path : path[..end], out pid, out var used) && used == (end < 0 ? path.Length : end);
    }

    private static void WriteSegment(ReadOnlySpan<byte> segment, Place place, ProcOwner owner, ref TemplateWriter writer)
    {
        if (segment.IsEmpty)
            return;
        if (place.NumberName(owner) is { Length: > 0 } name && segment.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0)
            writer.Add(name);
        else if (IsAtomicWriterFolder(segment))
            writer.Add("..<ts>"u8);
        else if (IsUnnamedFile(segment))
            writer.Add("#<inode>"u8);
        else
            PathRuns.Write(segment, place.Kind, ref writer);
    }

    // ..2026_11_23_05_48_29.1234567890: how the kubelet swaps the contents of a secret's or config map's volume.
    private static bool IsAtomicWriterFolder(ReadOnlySpan<byte> segment) =>
        segment.Length > 7 && segment.StartsWith(".."u8) && segment.Slice(2, 4).IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0 && segment[6] == '_';

    // #12133778: what was opened with O_TMPFILE has its inode for a name (d_mark_tmpfile, fs/dcache.c).
    private static bool IsUnnamedFile(ReadOnlySpan<byte> segment) =>
        segment.Length > 1 && segment[0] == '#' && segment[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    /// <summary>What the segments so far say about the next one.</summary>
    private struct Place
    {
        private int _depth;
        private Root _root;
        private Last _last;

        private enum Root : byte { Other, Temporary, Image, Proc, ProcProcess, Dev, Memory, Sys, SysFs, Cgroup }

        private enum Last : byte { Other, Task, Descriptors, Terminals }

        public readonly PathPlace Kind => _root switch
        {
            Root.Image => PathPlace.Image,
            Root.Cgroup => PathPlace.Cgroup,
            Root.Memory => PathPlace.Memory,
            Root.Temporary => PathPlace.Temporary,
            _ => PathPlace.Other,
        };

        /// <summary>What a segment of digits only stands for here; empty when it is a number like any other.</summary>
        public readonly ReadOnlySpan<byte> NumberName(ProcOwner owner) => (_root, _last) switch
        {
            (Root.Proc, _) when _depth == 2 => owner switch { ProcOwner.Self => "self"u8, ProcOwner.Child => "<child>"u8, _ => "<other>"u8 },
            (Root.ProcProcess, Last.Task) => "<tid>"u8,
            (Root.ProcProcess, Last.Descriptors) => "<n>"u8,
            (Root.Dev, Last.Terminals) => "<n>"u8,
            _ => default,
        };

        public void Enter(ReadOnlySpan<byte> segment)
        {
            // Of "/a/b" the first segment is the empty one before the slash.
            _depth++;
            if (_depth == 2)
                _root = segment.SequenceEqual("proc"u8) ? Root.Proc : segment.SequenceEqual("dev"u8) ? Root.Dev : segment.SequenceEqual("sys"u8) ? Root.Sys : IsOfImage(segment) ? Root.Image : Root.Other;
            else if (_depth == 3)
                _root = _root switch { Root.Proc => Root.ProcProcess, Root.Sys when segment.SequenceEqual("fs"u8) => Root.SysFs, Root.Dev when segment.SequenceEqual("shm"u8) => Root.Memory, _ => _root };
            else if (_depth == 4 && _root == Root.SysFs && segment.SequenceEqual("cgroup"u8))
                _root = Root.Cgroup;
            // /tmp, /var/tmp, and where TMPDIR usually points.
            if (_root == Root.Other && segment.SequenceEqual("tmp"u8))
                _root = Root.Temporary;
            _last = segment.SequenceEqual("task"u8) ? Last.Task
                : segment.SequenceEqual("fd"u8) || segment.SequenceEqual("fdinfo"u8) ? Last.Descriptors
                : _depth == 3 && segment.SequenceEqual("pts"u8) ? Last.Terminals
                : Last.Other;
        }

        private static bool IsOfImage(ReadOnlySpan<byte> segment)
        {
            var names = Image;
            while (!names.IsEmpty)
            {
                var space = names.IndexOf((byte)' ');
                if (segment.SequenceEqual(space < 0 ? names : names[..space]))
                    return true;
                names = space < 0 ? default : names[(space + 1)..];
            }
            return false;
        }
    }
}

/// <summary>What the place of a segment says about the names in it.</summary>
internal enum PathPlace : byte
{
    Other = 0,

    /// <summary>Below a folder for temporary files: programs make up most names here.</summary>
    Temporary = 1,

    /// <summary>/dev/shm: the same, and a number is never a time.</summary>
    Memory = 2,

    /// <summary>Where images put their files: people chose the names.</summary>
    Image = 3,
    Cgroup = 4,
}

/// <summary>Appends to a fixed buffer; what does not fit is cut.</summary>
internal ref struct TemplateWriter(Span<byte> output)
{
    private readonly Span<byte> _output = output;

    public int Length { get; private set; }

    public void Add(ReadOnlySpan<byte> text)
    {
        text = text[..Math.Min(text.Length, _output.Length - Length)];
        text.CopyTo(_output[Length..]);
        Length += text.Length;
    }
}
