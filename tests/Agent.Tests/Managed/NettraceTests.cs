using System.Buffers.Binary;
using System.Text;
using CsCheck;
using Runtime.Agent.Managed;
using Xunit;

namespace Runtime.Agent.Tests.Managed;

/// <summary>loads.nettrace is what a runtime (10.0.12) sent while tests/ManagedSample did its four acts.</summary>
public sealed class NettraceTests
{
    private const string Framework = "/usr/share/dotnet/shared/Microsoft.NETCore.App/10.0.12/";
    private static readonly byte[] BlockHead = [20, 0, 1, 0, .. new byte[16]]; // 20 bytes, short heads
    private static readonly byte[] Recorded = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Managed/loads.nettrace"));

    [Fact]
    public void Recording_TellsEveryLoadWithItsOrigin()
    {
        var trace = Read(Recorded);
        Assert.True(trace.IsComplete);
        Assert.Equal((0ul, 0ul), (trace.Dropped, trace.Malformed));
        Assert.Equal(
            [
                ("AssemblyFile", "System.Reflection.Emit.ILGeneration", Framework + "System.Reflection.Emit.ILGeneration.dll"),
                ("AssemblyFile", "System.Reflection.Metadata", Framework + "System.Reflection.Metadata.dll"),
                ("AssemblyFile", "System.Collections", Framework + "System.Collections.dll"),
                ("AssemblyFile", "System.Collections.Immutable", Framework + "System.Collections.Immutable.dll"),
                ("AssemblyFile", "System.Reflection.Primitives", Framework + "System.Reflection.Primitives.dll"),
                ("AssemblyFile", "System.Memory", Framework + "System.Memory.dll"),
                ("AssemblyMemory", "Hidden.Payload", ""),
                ("AssemblyFile", "Dropped.Payload", "/srv/sample/Dropped.Payload.dll"),
                ("AssemblyEmitted", "Emitted.Payload", ""),
                ("AssemblyFile", "System.Reflection.Emit.Lightweight", Framework + "System.Reflection.Emit.Lightweight.dll"),
            ],
            trace.Loads.Take(10));
        // The session's end came with a rundown of what was there: told once more, and nothing else.
        Assert.All(trace.Loads.Skip(10), load => Assert.Contains(load, trace.Loads.Take(10)));
    }

    [Fact]
    public void Recording_InPiecesOfAnySize_TellsTheSame() => Gen.Int[1, 400].Array[1, 20].Sample(
        sizes =>
        {
            var trace = new Trace();
            for (int at = 0, i = 0; at < Recorded.Length; i++)
            {
                var size = Math.Min(sizes[i % sizes.Length], Recorded.Length - at);
                trace.Reader.Add(Recorded.AsSpan(at, size));
                at += size;
            }
            return trace.Loads.SequenceEqual(Read(Recorded).Loads);
        },
        iter: 50);

    /// <summary>The buffer that a large block had taken was given back, and the place in it was kept: the session ended with the next byte.</summary>
    [Fact]
    public void Blocks_LargerThanTheBufferThatIsKept_AreReadOneAfterTheOther()
    {
        var trace = Read([.. Recorded.AsSpan(0, 32)]);
        var position = 32;
        for (var i = 0; i < 3; i++)
        {
            byte[] head = Object("StackBlock", Length(100_000))[..^4];
            position += head.Length;
            byte[] block = [.. head, .. new byte[-position & 3], .. new byte[100_000], 6];
            position += block.Length - head.Length;
            foreach (var piece in block.Chunk(1000))
                trace.Reader.Add(piece);
        }
        trace.Reader.Add([1]);
        Assert.True(trace.IsComplete);
    }

    [Fact]
    public void Recording_Damaged_IsRefusedOrReadAndNeverAnythingElse() =>
        Gen.Select(Gen.Int[0, Recorded.Length - 1].Array[1, 12], Gen.Byte.Array[12], Gen.Int[1, Recorded.Length]).Sample(
            (places, values, length) =>
            {
                var damaged = Recorded[..length];
                for (var i = 0; i < places.Length; i++)
                    damaged[places[i] % length] = values[i];
                try
                {
                    Read(damaged);
                }
                catch (InvalidDataException)
                {
                    // The one answer to bad bytes.
                }
            },
            iter: 3000);

    [Fact]
    public void AnyBytes_AreRefusedOrAwaitedAndNeverAnythingElse() =>
        Gen.Select(Gen.Byte.Array[0, 300], Gen.Bool).Sample(
            (bytes, behindPreamble) =>
            {
                try
                {
                    Read(behindPreamble ? [.. Recorded.AsSpan(0, 32), .. bytes] : bytes);
                }
                catch (InvalidDataException)
                {
                    // The one answer to bad bytes.
                }
            },
            iter: 5000);

    [Fact]
    public void Block_OverTheLimit_IsRefusedByItsSize()
    {
        var head = Object("EventBlock", Length(NettraceReader.MaxBlock + 1));
        Assert.Contains("262145 bytes", Assert.Throws<InvalidDataException>(() => Read([.. Recorded.AsSpan(0, 32), .. head])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Events_WithAGapInTheirNumbers_AreCountedAsDropped()
    {
        // Flags 0x83: metadata 1, number, thread 7, processor, time, length 0, no payload. Numbers 1, 2 and 5.
        byte[] block = [.. BlockHead, 0x83, 1, 0, 7, 0, 0, 0, 0x80, 0, 0, 0x82, 2, 7, 0, 0, 0];
        var events = new NettraceEvents(new AssemblyLoads(_ => { }));
        events.OnEvents(block);
        Assert.Equal(2ul, events.Dropped);
    }

    /// <summary>A head that names processor or thread anew once was read as one number too low: the next block then seemed to have a gap.</summary>
    [Fact]
    public void Events_OfAThreadThatChangesItsProcessor_AreNotCountedAsDropped()
    {
        // Thread 7 on processors 0 and 1, thread 8, thread 7 again: numbers 1, 2, 1 and 3. The number goes back by 2: 0xFFFFFFFE and one.
        byte[] first = [.. BlockHead, 0x83, 1, 0, 7, 0, 0, 0, 0x82, 0, 7, 1, 0, 0, 0x82, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 8, 0, 0, 0, 0x82, 1, 7, 1, 0, 0];
        // Each block counts anew: thread 7 with number 4, thread 8 with number 2.
        byte[] second = [.. BlockHead, 0x83, 1, 3, 7, 1, 0, 0, 0x82, 0xFD, 0xFF, 0xFF, 0xFF, 0x0F, 8, 0, 0, 0];
        var events = new NettraceEvents(new AssemblyLoads(_ => { }));
        events.OnEvents(first);
        events.OnEvents(second);
        Assert.Equal(0ul, events.Dropped);
    }

    [Fact]
    public void Thread_WhoseFirstEventsHadNoRoom_IsCountedFromTheFirst()
    {
        var events = new NettraceEvents(new AssemblyLoads(_ => { }));
        events.OnEvents(Event(thread: 7, number: 4));
        Assert.Equal(3ul, events.Dropped);
    }

    [Fact]
    public void Threads_BeyondTheBound_AreForgottenAndNothingIsTakenForDropped()
    {
        var events = new NettraceEvents(new AssemblyLoads(_ => { }));
        for (var thread = 0; thread <= 4096; thread++)
            events.OnEvents(Event(thread, number: 1));
        events.OnEvents(Event(thread: 0, number: 2));
        Assert.Equal(0ul, events.Dropped);
    }

    [Fact]
    public void Loads_OfHalves_AreJoinedInEitherOrder()
    {
        var told = new List<AssemblyLoad>();
        var loads = new AssemblyLoads(told.Add);
        loads.OnEvent(152, Module(1, 0, "/app/A.dll"));
        loads.OnEvent(154, Assembly(1, 0, @"A\,B, Version=1.0.0.0, Culture=neutral"));
        loads.OnEvent(154, Assembly(2, 0, "Hidden, Version=0.0.0.0"));
        loads.OnEvent(152, Module(2, 0, ""));
        // Its module was loaded before the watch began: nobody knows from where.
        loads.OnEvent(154, Assembly(3, 0, "Early"));
        loads.OnEvent(154, Assembly(4, 2, "Dynamic"));
        loads.OnEvent(154, [1, 2, 3]);
        loads.Finish();
        Assert.Equal(
            [(ManagedOperation.AssemblyFile, @"A\,B", "/app/A.dll"), (ManagedOperation.AssemblyMemory, "Hidden", ""), (ManagedOperation.AssemblyEmitted, "Dynamic", "")],
            told.Select(l => (l.Operation, Encoding.UTF8.GetString(l.Name), Encoding.UTF8.GetString(l.Path))));
        Assert.Equal(1ul, loads.Malformed);
    }

    [Fact]
    public void Loads_OfLongOrBrokenText_AreCutToValidText()
    {
        var told = new List<AssemblyLoad>();
        var loads = new AssemblyLoads(told.Add);
        loads.OnEvent(154, Assembly(1, 0, new string('é', 2000)));
        loads.OnEvent(152, Module(1, 0, "/" + new string('\uD800', 5000)));
        var load = Assert.Single(told);
        Assert.Equal(AssemblyLoads.MaxNameBytes, load.Name.Length);
        Assert.True(load.Path.Length <= AssemblyLoads.MaxPathBytes && global::System.Text.Unicode.Utf8.IsValid(load.Path));
    }

    private static byte[] Event(int thread, byte number) => [.. BlockHead, 0x83, 1, (byte)(number - 1), (byte)(thread & 0x7F | 0x80), (byte)(thread >> 7), 0, 0, 0];

    private static Trace Read(byte[] bytes)
    {
        var trace = new Trace();
        trace.Reader.Add(bytes);
        return trace;
    }

    private static byte[] Module(ulong assembly, uint flags, string path) => [.. Number(99), .. Number(assembly), .. Length((int)flags), .. Length(0), .. Encoding.Unicode.GetBytes(path + "\0"), 1, 0];

    private static byte[] Assembly(ulong assembly, uint flags, string name) => [.. Number(assembly), .. Number(1), .. Number(0), .. Length((int)flags), .. Encoding.Unicode.GetBytes(name + "\0"), 1, 0];

    private static byte[] Object(string name, byte[] rest) => [5, 5, 1, 2, 0, 0, 0, 2, 0, 0, 0, .. Length(name.Length), .. Encoding.ASCII.GetBytes(name), 6, .. rest, 0, 0, 0, 0];

    private static byte[] Length(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Number(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }

    private sealed class Trace
    {
        private readonly AssemblyLoads _assemblies;
        private readonly NettraceEvents _events;

        public Trace()
        {
            _assemblies = new(load => Loads.Add((load.Operation.ToString(), Encoding.UTF8.GetString(load.Name), Encoding.UTF8.GetString(load.Path))));
            _events = new(_assemblies);
            Reader = new(_events);
        }

        public NettraceReader Reader { get; }
        public List<(string Operation, string Name, string Path)> Loads { get; } = [];
        public ulong Dropped => _events.Dropped;
        public ulong Malformed => _assemblies.Malformed;
        public bool IsComplete => Reader.IsComplete;
    }
}
