using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Runtime.Agent.Capture.Connector;

/// <summary>enum what of linux/cn_proc.h, as far as it is used.</summary>
internal enum ProcNoticeKind : uint
{
    Acknowledged = 0,
    Fork = 1,
    Exec = 2,
    Exit = 0x8000_0000,
}

/// <summary>One message of the kernel's proc connector.</summary>
/// <param name="Sequence">Counts every message of one processor; a gap is what was lost.</param>
/// <param name="TimeMonotonicNs">ktime_get_ns().</param>
/// <param name="Pid">Fork: the child's. Thread, not process.</param>
/// <param name="ProcessId">Thread group id. Fork: the child's.</param>
/// <param name="ParentProcessId">Fork only.</param>
/// <param name="Value">Acknowledged: the errno. Exit: as wait(2) tells it.</param>
internal readonly record struct ProcNotice(
    ProcNoticeKind Kind, uint Processor, uint Sequence, ulong TimeMonotonicNs, uint Pid, uint ProcessId, uint ParentProcessId, uint Value)
{
    private const int MessageHeader = 16, ConnectorHeader = 20, EventHeader = 16;
    private const uint ProcessIndex = 1; // CN_IDX_PROC and CN_VAL_PROC

    // nlmsghdr  len u32, type u16, flags u16, seq u32, pid u32
    // cn_msg    idx u32, val u32, seq u32, ack u32, len u16, flags u16
    // proc_event what u32, cpu u32, timestamp u64, then by kind: fork parent_pid, parent_tgid, child_pid, child_tgid;
    //           exec pid, tgid; exit pid, tgid, exit_code, exit_signal, … All in the machine's byte order.

    /// <summary>Parses one datagram, which holds one message.</summary>
    /// <returns>False when it is none of the proc connector's.</returns>
    public static bool TryParse(ReadOnlySpan<byte> datagram, out ProcNotice notice)
    {
        notice = default;
        if (datagram.Length < MessageHeader + ConnectorHeader + EventHeader)
            return false;
        var length = Word(datagram, 0);
        if (length < MessageHeader + ConnectorHeader + EventHeader || length > datagram.Length)
            return false;
        var message = datagram[..(int)length];
        var connector = message[MessageHeader..];
        if (Word(connector, 0) != ProcessIndex || Word(connector, 4) != ProcessIndex)
            return false;
        var body = connector[ConnectorHeader..];
        var kind = (ProcNoticeKind)Word(body, 0);
        var needed = kind switch { ProcNoticeKind.Acknowledged => 4, ProcNoticeKind.Fork => 16, ProcNoticeKind.Exec => 8, ProcNoticeKind.Exit => 16, _ => 0 };
        var facts = body[EventHeader..];
        if (facts.Length < needed)
            return false;
        notice = new(kind, Word(body, 4), Word(connector, 8), MemoryMarshal.Read<ulong>(body[8..]), 0, 0, 0, 0);
        notice = kind switch
        {
            ProcNoticeKind.Acknowledged => notice with { Value = Word(facts, 0) },
            ProcNoticeKind.Fork => notice with { ParentProcessId = Word(facts, 4), Pid = Word(facts, 8), ProcessId = Word(facts, 12) },
            ProcNoticeKind.Exec => notice with { Pid = Word(facts, 0), ProcessId = Word(facts, 4) },
            ProcNoticeKind.Exit => notice with { Pid = Word(facts, 0), ProcessId = Word(facts, 4), Value = Word(facts, 8) },
            _ => notice,
        };
        return true;
    }

    /// <summary>PROC_CN_MCAST_LISTEN (1) or PROC_CN_MCAST_IGNORE (2) as a whole datagram.</summary>
    public static byte[] Request(uint operation)
    {
        var message = new byte[MessageHeader + ConnectorHeader + 4];
        void Put(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(at), BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value));
        Put(0, (uint)message.Length);
        MemoryMarshal.Write(message.AsSpan(4), (ushort)3); // NLMSG_DONE, as the connector wants it
        Put(12, 0);
        Put(16, ProcessIndex);
        Put(20, ProcessIndex);
        MemoryMarshal.Write(message.AsSpan(32), (ushort)4);
        Put(36, operation);
        return message;
    }

    private static uint Word(ReadOnlySpan<byte> bytes, int at) => MemoryMarshal.Read<uint>(bytes[at..]);
}
