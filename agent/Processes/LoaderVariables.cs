namespace Runtime.Agent.Processes;

/// <summary>Environment variables that make a program load code which it did not ask for.</summary>
/// <remarks>
/// ld.so(8): LD_*, GCONV_PATH, GLIBC_TUNABLES. .NET: startup hooks and profilers. Java: options of every JVM. Python, Node, Perl,
/// Ruby, Bash: files and options read before the program. The kernel side picks them by the first eight bytes of the name.
/// </remarks>
internal static class LoaderVariables
{
    /// <summary>Bytes that are kept, over all variables.</summary>
    public const int MaxLength = 4096;

    /// <param name="environment">NAME=VALUE, each closed by NUL; any bytes, other variables among them.</param>
    /// <param name="flags">Gets <see cref="ProcessFlags.LoaderVariablesTruncated"/> when some did not fit.</param>
    /// <returns>Those that count, joined by NUL, secrets redacted; empty when there is none, or none with a value.</returns>
    public static byte[] Of(ReadOnlySpan<byte> environment, Redaction redaction, ref ProcessFlags flags)
    {
        Span<byte> kept = stackalloc byte[MaxLength];
        var length = 0;
        while (!environment.IsEmpty)
        {
            var end = environment.IndexOf((byte)0);
            var variable = end < 0 ? environment : environment[..end];
            environment = end < 0 ? [] : environment[(end + 1)..];
            if (!Counts(variable))
                continue;
            if (length + variable.Length + 1 > kept.Length)
            {
                flags |= ProcessFlags.LoaderVariablesTruncated;
                break;
            }
            variable.CopyTo(kept[length..]);
            length += variable.Length;
            kept[length++] = 0;
        }
        if (length == 0)
            return [];
        var redacted = redaction.Redact(kept[..length], out var truncated);
        if (truncated)
            flags |= ProcessFlags.LoaderVariablesTruncated;
        return redacted;
    }

    private static bool Counts(ReadOnlySpan<byte> variable)
    {
        var equals = variable.IndexOf((byte)'=');
        // An empty value loads nothing.
        if (equals <= 0 || equals == variable.Length - 1)
            return false;
        var name = variable[..equals];
        return name.SequenceEqual("LD_PRELOAD"u8) || name.SequenceEqual("LD_AUDIT"u8) || name.SequenceEqual("LD_LIBRARY_PATH"u8)
            || name.SequenceEqual("GCONV_PATH"u8) || name.SequenceEqual("GLIBC_TUNABLES"u8)
            || name.SequenceEqual("DOTNET_STARTUP_HOOKS"u8)
            || name.SequenceEqual("CORECLR_ENABLE_PROFILING"u8) || name.StartsWith("CORECLR_PROFILER"u8)
            || name.SequenceEqual("JAVA_TOOL_OPTIONS"u8) || name.SequenceEqual("_JAVA_OPTIONS"u8) || name.SequenceEqual("JDK_JAVA_OPTIONS"u8)
            || name.SequenceEqual("PYTHONSTARTUP"u8) || name.SequenceEqual("PYTHONPATH"u8) || name.SequenceEqual("PYTHONHOME"u8)
            || name.SequenceEqual("NODE_OPTIONS"u8)
            || name.SequenceEqual("PERL5OPT"u8) || name.SequenceEqual("PERL5LIB"u8) || name.SequenceEqual("RUBYOPT"u8)
            || name.SequenceEqual("BASH_ENV"u8);
    }
}
