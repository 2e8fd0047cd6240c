using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Runtime.Evaluation.Peers;

/// <summary>A resolver (RFC 1035) that knows the peers' names; every other name does not exist.</summary>
internal static class DnsPeer
{
    private const int HeaderLength = 12;
    private const ushort TypeA = 1;

    public static async Task ServeAsync(Socket questions, CancellationToken cancellationToken)
    {
        var buffer = new byte[512];
        try
        {
            while (true)
            {
                var received = await questions.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), cancellationToken);
                if (Answer(buffer.AsSpan(0, received.ReceivedBytes)) is { } answer)
                {
                    await questions.SendToAsync(answer, SocketFlags.None, received.RemoteEndPoint, cancellationToken);
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The scenario is over.
        }
    }

    /// <summary>Over TCP each message stands behind its length, two bytes (4.2.2).</summary>
    public static async Task ServeAsync(Stream stream, CancellationToken cancellationToken)
    {
        var length = new byte[2];
        while (true)
        {
            await stream.ReadExactlyAsync(length, cancellationToken);
            var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
            await stream.ReadExactlyAsync(message, cancellationToken);
            if (Answer(message) is { } answer)
            {
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)answer.Length);
                await stream.WriteAsync(length, cancellationToken);
                await stream.WriteAsync(answer, cancellationToken);
            }
        }
    }

    /// <returns>Null for what is no question.</returns>
    //   12 34  01 00  00 01 00 00 00 00 00 00   04 'h' 't' 't' 'p' 00   00 01  00 01
    //   id     flags  1 question                name                    type   class      what follows (EDNS) is left out of the answer
    internal static byte[]? Answer(ReadOnlySpan<byte> message)
    {
        if (message.Length < HeaderLength || (message[2] & 0x80) != 0 || BinaryPrimitives.ReadUInt16BigEndian(message[4..]) == 0)
        {
            return null;
        }

        var labels = new List<string>();
        var at = HeaderLength;
        while (at < message.Length && message[at] != 0)
        {
            var label = message[at];
            if (label > 63 || at + 1 + label >= message.Length)
            {
                return null;
            }

            labels.Add(Encoding.Latin1.GetString(message.Slice(at + 1, label)));
            at += 1 + label;
        }

        if (at + 5 > message.Length)
        {
            return null;
        }

        var type = BinaryPrimitives.ReadUInt16BigEndian(message[(at + 1)..]);
        var address = PeerNetwork.Find(string.Join('.', labels));
        var record = type == TypeA && address is not null;
        var answer = new byte[at + 5 + (record ? 16 : 0)];
        message[..(at + 5)].CopyTo(answer);
        answer.AsSpan(6, 6).Clear();
        answer[2] = (byte)(0x84 | (message[2] & 1));
        answer[3] = (byte)(0x80 | (address is null ? 3 : 0));
        answer[4] = 0;
        answer[5] = 1;
        if (record)
        {
            answer[7] = 1;
            // Name by pointer to the question, type A, class IN, 60 s, 4 bytes.
            new byte[] { 0xc0, HeaderLength, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4 }.CopyTo(answer, at + 5);
            address!.GetAddressBytes().CopyTo(answer, at + 17);
        }

        return answer;
    }
}
