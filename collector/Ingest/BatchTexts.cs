using System.Text;
using Google.Protobuf.Collections;
using Google.Protobuf;

namespace Runtime.Collector.Ingest;

/// <summary>A batch's string table. Decoded once for each index that a row names. Invalid UTF-8 becomes U+FFFD.</summary>
internal sealed class BatchTexts(RepeatedField<ByteString> strings)
{
    /// <summary>Arguments are at most 4 KiB and paths at most PATH_MAX (4096); twice that is a fault of the sender.</summary>
    public const int MaxBytes = 8192;

    private readonly string?[] _texts = new string?[strings.Count];

    /// <returns>Why not, as a rule; null when all is well.</returns>
    public string? TryGet(uint index, out string text)
    {
        text = "";
        if (index == 0)
        {
            return null;
        }

        if (Fault(index) is { } fault)
        {
            return fault;
        }

        text = _texts[index] ??= Encoding.UTF8.GetString(strings[(int)index].Span);
        return null;
    }

    /// <returns>Why not, as a rule; null when all is well.</returns>
    public string? TryGetBytes(uint index, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (index == 0)
        {
            return null;
        }

        if (Fault(index) is { } fault)
        {
            return fault;
        }

        bytes = strings[(int)index].Span;
        return null;
    }

    private string? Fault(uint index) =>
        index >= (uint)_texts.Length ? "an index must lie within strings"
        : strings[(int)index].Length > MaxBytes ? $"the string behind the index must not be longer than {MaxBytes} bytes"
        : null;
}
