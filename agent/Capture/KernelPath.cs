namespace Runtime.Agent.Capture;

/// <summary>Paths as the kernel side writes them (events.h: "walk") made into paths as people write them.</summary>
internal static class KernelPath
{
    /// <summary>A walk of 4,096 bytes, the mark of a cut one, and an argument of 4,095 with its slash.</summary>
    public const int MaxBytes = 2 * 4096 + 16;

    /// <summary>Where the components above were not read: "/.../b/c". No path that the kernel resolved begins with it.</summary>
    private static ReadOnlySpan<byte> Cut => "/..."u8;

    // A walk:  "true\0bin\0usr\0"  →  /usr/bin/true     ""  →  /
    // Odd cases: names with newlines or invalid UTF-8 stay as they are; a cut walk lacks its upper components.

    /// <summary>Writes the path of a walk to the start of <paramref name="target"/>; answers its length.</summary>
    /// <returns>False when the walk is not one: a component is empty or not closed, or there is no room.</returns>
    public static bool TryAssemble(ReadOnlySpan<byte> walk, bool truncated, Span<byte> target, out int length)
    {
        length = 0;
        var cut = truncated ? Cut.Length : 0;
        if (walk.IsEmpty)
        {
            if (truncated) return TryCopy(Cut, target, out length);
            return TryCopy("/"u8, target, out length);
        }

        if (walk.Length + cut > target.Length) return false;
        if (truncated) Cut.CopyTo(target);
        // Each component with its NUL takes as many bytes as with its slash: filled from the end, the result fits exactly.
        var end = cut + walk.Length;
        for (var rest = walk; !rest.IsEmpty;)
        {
            var size = rest.IndexOf((byte)0);
            if (size <= 0) return false;
            end -= size;
            rest[..size].CopyTo(target[end..]);
            target[--end] = (byte)'/';
            rest = rest[(size + 1)..];
        }

        length = cut + walk.Length;
        return true;
    }

    /// <summary>
    /// Appends a name as a system call took it to the directory in <paramref name="path"/>, without "." , ".." and repeated
    /// slashes. An empty name is the directory itself; a name that begins with a slash starts at it as well, and cannot leave it.
    /// </summary>
    /// <param name="path">Holds the directory in its first <paramref name="length"/> bytes, "/" or without a closing slash.</param>
    /// <returns>False when there is no room.</returns>
    public static bool TryAppend(Span<byte> path, ref int length, ReadOnlySpan<byte> name)
    {
        if (length == 1) length = 0;
        var floor = name.StartsWith("/"u8) ? length : 0;
        while (!name.IsEmpty)
        {
            var slash = name.IndexOf((byte)'/');
            var component = slash < 0 ? name : name[..slash];
            name = slash < 0 ? [] : name[(slash + 1)..];
            if (component.IsEmpty || component.SequenceEqual("."u8)) continue;
            if (component.SequenceEqual(".."u8))
            {
                if (length > floor) length = path[..length].LastIndexOf((byte)'/');
                continue;
            }

            if (length + 1 + component.Length > path.Length) return false;
            path[length++] = (byte)'/';
            component.CopyTo(path[length..]);
            length += component.Length;
        }

        length = StripOwnRoot(path, length);
        if (length != 0) return true;
        path[0] = (byte)'/';
        length = 1;
        return true;
    }

    /// <summary>/proc/self/root leads back to the process's own root, as often as one likes.</summary>
    private static int StripOwnRoot(Span<byte> path, int length)
    {
        while (true)
        {
            var text = path[..length];
            var prefix = text.StartsWith("/proc/self/root"u8) ? "/proc/self/root".Length
                : text.StartsWith("/proc/thread-self/root"u8) ? "/proc/thread-self/root".Length
                : 0;
            if (prefix == 0 || (length > prefix && text[prefix] != (byte)'/')) return length;
            text[prefix..].CopyTo(path);
            length -= prefix;
        }
    }

    private static bool TryCopy(ReadOnlySpan<byte> text, Span<byte> target, out int length)
    {
        length = text.Length;
        return text.TryCopyTo(target);
    }
}
