using Runtime.Agent.Capture;

namespace Runtime.Agent.Processes;

/// <summary>The dynamic loader run as a program: the kernel then executes the loader, and what is really run is only an argument of it.</summary>
/// <remarks>
/// <code>
/// /lib64/ld-linux-x86-64.so.2 --library-path /tmp:/usr/lib --argv0 nginx ./payload -x      glibc, ld.so(8)
/// /lib/ld-musl-x86_64.so.1 --preload=/tmp/a.so -- ./payload                                musl, ldso/dynlink.c
/// </code>
/// Odd cases: the file needs no x bit; --list and --verify (what ldd calls) run nothing; a name without a slash is looked for
/// among the libraries.
/// </remarks>
internal static class DynamicLoader
{
    /// <param name="arguments">argv with its NULs; not redacted.</param>
    /// <returns>The file that runs, absolute where it could be resolved; empty when the program is no loader or runs nothing.</returns>
    public static byte[] PayloadOf(ReadOnlySpan<byte> binary, ReadOnlySpan<byte> arguments, ReadOnlySpan<byte> cwd)
    {
        if (!IsLoader(binary[(binary.LastIndexOf((byte)'/') + 1)..]))
            return [];
        // argv[0] is the loader's own name.
        _ = Next(ref arguments);
        while (!arguments.IsEmpty)
        {
            var argument = Next(ref arguments);
            if (argument.SequenceEqual("--"u8))
                return Resolve(Next(ref arguments), cwd);
            if (!argument.StartsWith("--"u8))
                return Resolve(argument, cwd);
            if (argument.StartsWith("--list"u8) || argument.SequenceEqual("--verify"u8) || argument.SequenceEqual("--help"u8) || argument.SequenceEqual("--version"u8))
                return [];
            if (TakesValue(argument))
                _ = Next(ref arguments);
        }
        return [];
    }

    /// <summary>ld-linux-x86-64.so.2, ld-linux-aarch64.so.1, ld-2.31.so, ld64.so.2, ld-musl-x86_64.so.1, ld.so.</summary>
    public static bool IsLoader(ReadOnlySpan<byte> name) =>
        name.StartsWith("ld"u8) && name.IndexOf(".so"u8) >= 2
        && (name[2] is (byte)'-' or (byte)'.' || name.StartsWith("ld64.so"u8) || name.StartsWith("ld32.so"u8));

    private static bool TakesValue(ReadOnlySpan<byte> option) =>
        option.SequenceEqual("--library-path"u8) || option.SequenceEqual("--preload"u8) || option.SequenceEqual("--argv0"u8)
        || option.SequenceEqual("--audit"u8) || option.SequenceEqual("--inhibit-rpath"u8)
        || option.SequenceEqual("--glibc-hwcaps-prepend"u8) || option.SequenceEqual("--glibc-hwcaps-mask"u8);

    private static byte[] Resolve(ReadOnlySpan<byte> file, ReadOnlySpan<byte> cwd)
    {
        var isPath = file.Contains((byte)'/');
        if (!isPath || (cwd.IsEmpty && file[0] != (byte)'/'))
            return file.ToArray();
        Span<byte> path = stackalloc byte[KernelPath.MaxBytes];
        path[0] = (byte)'/';
        var length = 1;
        if (file[0] != (byte)'/')
        {
            if (cwd.Length > path.Length)
                return file.ToArray();
            cwd.CopyTo(path);
            length = cwd.Length;
        }
        return KernelPath.TryAppend(path, ref length, file) ? path[..length].ToArray() : file.ToArray();
    }

    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> arguments)
    {
        var end = arguments.IndexOf((byte)0);
        var next = end < 0 ? arguments : arguments[..end];
        arguments = end < 0 ? [] : arguments[(end + 1)..];
        return next;
    }
}
