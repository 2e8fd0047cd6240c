using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Runtime.Agent.Interop;

namespace Runtime.Agent.Capture;

/// <summary>The kernel side's counts of opens that were told already, made into records of their own. Capture thread only.</summary>
/// <remarks>
/// Two tables take turns (repeat.bpf.h). A turn after programs left one for the other no program writes to it any more: it is read and
/// emptied then, so that a count is never read before its last raise. A repeat is told within two intervals.
/// </remarks>
/// <param name="interval">Length of a turn; zero: nothing is counted.</param>
internal sealed unsafe class OpenRepeatTables(BpfPrograms programs, TimeSpan interval)
{
    public static readonly string[] MapNames = ["repeats_even", "repeats_odd", "repeats_turn"];

    private const int Batch = 256;
    private const int NoSuchEntry = 2; // ENOENT

    private readonly int[] _tables = [programs.Map("repeats_even"), programs.Map("repeats_odd")];
    private readonly int _turnMap = programs.Map("repeats_turn");
    private readonly OpenKey[] _keys = new OpenKey[Batch];
    private readonly OpenRepeats[] _values = new OpenRepeats[Batch];
    private uint _turn;
    private long _turnedAt = Stopwatch.GetTimestamp();
    private ulong _repeats, _opens;

    /// <summary>Opens that were told and stood in a table when it was emptied, and the repeats counted with them. Any thread.</summary>
    public (ulong Opens, ulong Repeats) Counts => (Volatile.Read(ref _opens), Volatile.Read(ref _repeats));

    public void TurnIfDue(IRawRecordSink sink)
    {
        if (interval > TimeSpan.Zero && Stopwatch.GetElapsedTime(_turnedAt) >= interval)
            Turn(sink);
    }

    /// <summary>Tells what stands in both; what is counted in this instant stays untold.</summary>
    public void Finish(IRawRecordSink sink)
    {
        if (interval == TimeSpan.Zero)
            return;
        Turn(sink);
        Turn(sink);
    }

    private void Turn(IRawRecordSink sink)
    {
        Empty(_tables[(_turn + 1) & 1], sink);
        var (turn, key) = (++_turn, 0u);
        var result = LibBpf.bpf_map_update_elem(_turnMap, &key, &turn, 0);
        if (result < 0)
            throw new BpfException("turn the tables of counted opens", -result);
        _turnedAt = Stopwatch.GetTimestamp();
    }

    private void Empty(int table, IRawRecordSink sink)
    {
        uint from, to = 0;
        var result = 0;
        for (var isFirst = true; result == 0; isFirst = false)
        {
            from = to;
            uint count = Batch;
            fixed (OpenKey* keys = _keys)
            fixed (OpenRepeats* values = _values)
                result = LibBpf.bpf_map_lookup_and_delete_batch(table, isFirst ? null : &from, &to, keys, values, &count, null);
            if (result < 0 && result != -NoSuchEntry)
                throw new BpfException("read the counted opens", -result);
            for (var i = 0; i < count; i++)
                Tell(_keys[i], _values[i], sink);
        }
    }

    private void Tell(in OpenKey key, in OpenRepeats value, IRawRecordSink sink)
    {
        _opens++;
        if (value.Count == 0)
            return;
        _repeats += value.Count;
        var record = new RepeatsLayout
        {
            Header = new()
            {
                Kind = (ushort)EventKind.Repeats,
                Layout = EventHeader.CurrentLayout,
                CgroupVersion = key.CgroupVersion,
                Length = (uint)Unsafe.SizeOf<RepeatsLayout>(),
                TimeBootNs = value.LastBootNs,
                CgroupId = key.CgroupId,
                Pid = key.Pid,
                Tid = value.Tid,
                StartBootNs = key.StartBootNs,
            },
            FirstBootNs = value.FirstBootNs,
            Count = value.Count,
        };
        sink.OnRecord(MemoryMarshal.AsBytes(new ReadOnlySpan<RepeatsLayout>(in record)));
    }
}
