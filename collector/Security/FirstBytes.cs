using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Runtime.Collector.Security;

/// <summary>Tells HTTP/2 with prior knowledge (what gRPC speaks without TLS) from HTTP/1.1, and leaves the bytes where they are.</summary>
internal static class FirstBytes
{
    // RFC 9113 section 3.4: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n". No method of HTTP/1.1 begins like it; POST, PUT and PATCH share its P.
    private static readonly byte[] _preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    /// <summary>Null when the peer ended before it could be told.</summary>
    public static async ValueTask<HttpProtocols?> ReadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            var protocol = Decide(buffer);
            if (protocol is not null)
            {
                // Not examined: the next read answers at once with the same bytes.
                input.AdvanceTo(buffer.Start);
                return protocol;
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return null;
            }
        }
    }

    /// <summary>Null while the bytes could still be either.</summary>
    private static HttpProtocols? Decide(ReadOnlySequence<byte> bytes)
    {
        var length = (int)Math.Min(bytes.Length, _preface.Length);
        Span<byte> head = stackalloc byte[_preface.Length];
        bytes.Slice(0, length).CopyTo(head);
        return !head[..length].SequenceEqual(_preface.AsSpan(0, length)) ? HttpProtocols.Http1
            : length == _preface.Length ? HttpProtocols.Http2
            : null;
    }
}
