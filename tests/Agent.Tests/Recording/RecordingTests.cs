using System.Buffers.Binary;
using System.IO.Hashing;
using CsCheck;
using Runtime.Agent.Capture;
using Runtime.Agent.Processes;
using Runtime.Agent.Recording;
using Runtime.Agent.Reduction;
using Runtime.Agent.Tests.Reduction;
using Runtime.Agent.Tests.Streaming;
using Xunit;

namespace Runtime.Agent.Tests.Recording;

public sealed class RecordingTests
{
    [Fact]
    public void Recording_WrittenAndRead_IsTheSame()
    {
        var container = FakeContainers.Record("c1") with { IsSandbox = true, ImageCreatedUnixS = 1_767_323_045 };
        var parent = Facts.Process(1, binary: "/init");
        var child = Facts.Process(2, parent, Phase.Session, "/bin/\xff", "a\0b");
        var bytes = Write(writer =>
        {
            writer.OnContainer(new(7, 2), FakeContainers.Record("c1", complete: false));
            writer.OnProcess(parent);
            writer.OnProcess(child);
            writer.OnRecord([1, 2, 3]);
            writer.OnContainer(new(7, 2), container);
            writer.OnContainer(new(7, 2), container);
            writer.OnRecord([]);
        });

        using var reader = Read(bytes);
        Assert.True(reader.IsComplete);
        Assert.Equal((123L, "6.18", 2ul), (reader.WallOffsetNs, reader.KernelRelease, reader.Records));
        var (key, read) = Assert.Single(reader.Containers);
        Assert.Equal(new CgroupKey(7, 2), key);
        Assert.Equal(container with { PodLabels = read.PodLabels }, read);
        Assert.Equal(container.PodLabels, read.PodLabels);
        Assert.Equal([1u, 2u], reader.Processes.Select(p => p.Process.Key.Pid));
        Assert.Equal(parent.Key, reader.Processes[1].Parent);
        Assert.Equal(child.Binary, reader.Processes[1].Process.Binary);
        Assert.Equal(Phase.Session, reader.Processes[1].Process.Phase);
        Assert.Equal("a\0b"u8.ToArray(), reader.Processes[1].Process.Arguments);
        Assert.Equal([[1, 2, 3], []], reader.ReadRecords().Select(r => r.ToArray()));
        Assert.Equal(2, reader.ReadRecords().Count());
    }

    [Fact]
    public void Recording_Cut_IsGoodUpToItsLastWholeFrame()
    {
        var bytes = Write(writer =>
        {
            writer.OnRecord([1]);
            writer.OnRecord([2, 2]);
        });
        for (var length = HeaderLength; length < bytes.Length; length++)
        {
            using var reader = Read(bytes[..length]);
            Assert.False(reader.IsComplete);
            Assert.Equal((int)reader.Records, reader.ReadRecords().Count());
        }
    }

    [Fact]
    public void Recording_AnyFlippedBit_IsToldWithItsPlaceOrCut()
    {
        var bytes = Write(writer =>
        {
            writer.OnProcess(Facts.Process(1));
            writer.OnContainer(new(7, 2), FakeContainers.Record("c1"));
            writer.OnRecord([1, 2, 3]);
        });
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            var damaged = bytes.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                using var reader = Read(damaged);
                // A length that points beyond the end looks like a cut.
                Assert.False(reader.IsComplete);
            }
            catch (RecordingException e)
            {
                Assert.InRange(e.Offset, 0, bit / 8);
                Assert.Contains($"at offset {e.Offset}: ", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Recording_AnyBytes_FailsOnlyAsARecordingException()
    {
        var good = Write(writer =>
        {
            writer.OnRecord([1, 2, 3]);
            writer.OnProcess(Facts.Process(1));
        });
        Gen.Select(Gen.Bool, Gen.Byte.Array[0, 400], Gen.Int[0, good.Length]).Sample(
            (withHeader, bytes, at) =>
            {
                byte[] file = withHeader ? [.. good[..Math.Max(at, HeaderLength)], .. bytes] : bytes;
                try
                {
                    using var reader = Read(file);
                    Assert.Equal((int)reader.Records, reader.ReadRecords().Count());
                }
                catch (RecordingException e)
                {
                    Assert.InRange(e.Offset, 0, file.Length);
                }
            },
            iter: 3000);
    }

    [Theory]
    [InlineData("", "this is no recording")]
    [InlineData("GET / HTTP/1.1 and much more text", "this is no recording")]
    public void Recording_OtherFile_IsRefused(string text, string expected)
    {
        var e = Assert.Throws<RecordingException>(() => Read(global::System.Text.Encoding.ASCII.GetBytes(text)));
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
    }

    /// <summary>Version 1 did not have when the image was built.</summary>
    [Fact]
    public void Recording_OfVersionOne_LacksOnlyWhatWasAddedLater()
    {
        const int BuiltAt = HeaderLength + RecordingFormat.FrameHead + 8 + 1 + 1 + 1 + 8;
        var container = FakeContainers.Record("c1");
        var bytes = Write(writer => writer.OnContainer(new(7, 2), container with { ImageCreatedUnixS = -1 })).ToList();
        var frame = RecordingFormat.FrameHead + (int)BinaryPrimitives.ReadUInt32LittleEndian([.. bytes[(HeaderLength + 1)..(HeaderLength + 5)]]) - 8;
        Assert.All(bytes[BuiltAt..(BuiltAt + 8)], value => Assert.Equal(0xff, value));
        bytes.RemoveRange(BuiltAt, 8);
        bytes[8] = 1;
        var old = bytes.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(old.AsSpan(HeaderLength + 1), frame - RecordingFormat.FrameHead);
        BinaryPrimitives.WriteUInt32LittleEndian(old.AsSpan(HeaderLength - 4), Crc32.HashToUInt32(old.AsSpan(0, HeaderLength - 4)));
        BinaryPrimitives.WriteUInt32LittleEndian(old.AsSpan(HeaderLength + frame), Crc32.HashToUInt32(old.AsSpan(HeaderLength, frame)));

        using var reader = Read(old);
        Assert.True(reader.IsComplete);
        var read = Assert.Single(reader.Containers).Value;
        Assert.Equal(container with { PodLabels = read.PodLabels }, read);
    }

    [Fact]
    public void Recording_OfANewerVersion_IsRefused()
    {
        var bytes = Write(_ => { });
        bytes[8]++;
        Assert.Contains("version is 3", Assert.Throws<RecordingException>(() => Read(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Replay_UndecodableRecords_AreCountedAndTold()
    {
        var bytes = Write(writer =>
        {
            for (var i = 0; i < 100; i++)
                writer.OnRecord([9, 9, 9]);
        });
        using var reader = Read(bytes);
        using var source = new ReplaySource(reader, new SensitivePaths([]));
        var containers = new RecordedContainers(reader);
        var facts = new FactList();
        var reducer = new Reducer(new(), new ProcessTable(new(), containers, Redaction.WithRandomSalt(), null, TimeProvider.System), containers, new RecordedClock(reader.WallOffsetNs + 10_000_000_000), source.TakeLosses, facts);
        source.Run(reducer, TestContext.Current.CancellationToken);
        reducer.Finish();
        Assert.Equal(100ul, source.Counters()["replay.undecodable"]);
        Assert.Equal(100ul, facts.Losses.Aggregate(0ul, (sum, l) => sum + l.Count));
        Assert.All(facts.Losses, l => Assert.Equal("undecodable", l.Reason));
    }

    [Fact]
    public void Restore_ProcessesOfTheStart_HaveTheirLineageAndPhase()
    {
        var first = Facts.Process(1, phase: Phase.Steady, binary: "/init");
        var bytes = Write(writer =>
        {
            writer.OnContainer(new(7, 2), FakeContainers.Record("c1"));
            writer.OnProcess(first);
            writer.OnProcess(Facts.Process(2, first, Phase.Steady));
            writer.OnProcess(Facts.Process(3, null, Phase.Session));
        });
        using var reader = Read(bytes);
        var table = new ProcessTable(new(), new RecordedContainers(reader), Redaction.WithRandomSalt(), null, TimeProvider.System);
        foreach (var process in reader.Processes)
            table.Restore(process.Process, process.Parent);
        Assert.Equal((Phase.Steady, "/init"), (table.Find(2, 0)!.Phase, Agent.Tests.Processes.FakeProc.Text(table.Find(2, 0)!.Parent!.Binary)));
        Assert.Equal(Phase.Session, table.Find(3, 0)!.Phase);
        Assert.Equal([1u, 2u, 3u], table.All().Select(p => p.Key.Pid).Order());
    }

#pragma warning disable CA1416 // the agent runs on Linux only
    [Fact]
    public void Create_File_IsForItsOwnerOnlyAndNeverReplacesOne()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("recording-").FullName, "r");
        using (RecordingWriter.Create(path, 1, "6.18"))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
        Assert.Throws<IOException>(() => RecordingWriter.Create(path, 1, "6.18"));
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }
#pragma warning restore CA1416

    private const int HeaderLength = 8 + 4 + 8 + 4 + 4 + 4;

    private static byte[] Write(Action<RecordingWriter> fill)
    {
        var file = new MemoryStream();
        using (var writer = new RecordingWriter(file, 123, "6.18"))
            fill(writer);
        return file.ToArray();
    }

    private static RecordingReader Read(byte[] bytes) => new("r", new MemoryStream(bytes));
}
