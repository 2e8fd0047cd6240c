using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Runtime.Agent.Interop;

/// <summary>What libbpf prints, collected by thread instead of written to standard error.</summary>
internal static unsafe class BpfLog
{
    private const int Warn = 0;
    private const int MaxCharacters = 16 * 1024;

    [ThreadStatic]
    private static StringBuilder? _lines;

    /// <summary>Warnings that libbpf wrote on this thread since the last call; bounded to 16 Ki characters, the last ones win.</summary>
    public static string Take()
    {
        var lines = _lines?.ToString().Trim() ?? "";
        _lines?.Clear();
        return lines;
    }

    public static void Capture() => LibBpf.libbpf_set_print(&Print);

    [UnmanagedCallersOnly]
    private static int Print(int level, byte* format, nint arguments)
    {
        // An exception must not cross the native frame; there is nobody to tell but the reader of the next line.
        try
        {
            if (level != Warn) return 0;
            // A verifier's log comes as one text, and why it refused stands at its end. Pages that are not written cost nothing.
            const int size = 4 * 1024 * 1024;
            var buffer = (byte*)NativeMemory.Alloc(size);
            try
            {
                var length = Math.Min(LibBpf.vsnprintf(buffer, size, format, arguments), size - 1);
                if (length <= 0) return 0;
                var skipped = Math.Max(0, length - MaxCharacters);
                var lines = _lines ??= new StringBuilder();
                lines.Append(Encoding.UTF8.GetString(buffer + skipped, length - skipped));
                if (lines.Length > MaxCharacters) lines.Remove(0, lines.Length - MaxCharacters);
                return length;
            }
            finally
            {
                NativeMemory.Free(buffer);
            }
        }
        catch (OutOfMemoryException)
        {
            return 0;
        }
    }
}
