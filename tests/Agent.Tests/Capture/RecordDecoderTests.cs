using CsCheck;
using Runtime.Agent.Capture;
using Xunit;
using static Runtime.Agent.Tests.Capture.RecordBuilder;

namespace Runtime.Agent.Tests.Capture;

public sealed class RecordDecoderTests
{
    private readonly LastEventSink _sink = new();
    private readonly RecordDecoder _decoder = new(new SensitivePaths(["/etc/shadow"]));

    [Fact]
    public void Fork_Bytes_GiveTheChildAndItsParent()
    {
        byte[] record =
        [
            0x01, 0x00, 0x02, 0x01, 0x38, 0x00, 0x00, 0x00,  // kind 1, layout 2, cgroup v1, 56 bytes
            0xe8, 0x03, 0, 0, 0, 0, 0, 0,                    // at 1000 ns
            0x4d, 0, 0, 0, 0, 0, 0, 0,                       // cgroup 77
            0x29, 0, 0, 0, 0x2a, 0, 0, 0,                    // pid 41, tid 42
            0x84, 0x03, 0, 0, 0, 0, 0, 0,                    // started at 900 ns
            0x20, 0x03, 0, 0, 0, 0, 0, 0,                    // parent started at 800 ns
            0x28, 0, 0, 0, 0, 0, 0, 0,                       // parent 40
        ];

        Assert.True(_decoder.TryDecode(record, _sink));
        Assert.Equal(new EventOrigin(1000, new CgroupKey(77, 1), 41, 42, 900), _sink.Origin);
    }

    [Fact]
    public void Exec_Whole_GivesPathsInReadingOrder()
    {
        Assert.True(_decoder.TryDecode(Exec("/usr/bin/true", "/bin/true", "true\0-x\0", "/", ExecFlags.UpperLayer, ExecLayout.Script), _sink));
        Assert.Equal(("/usr/bin/true", "/bin/true", "true\0-x\0", "comm"), (_sink.Path, _sink.Other, _sink.Arguments, _sink.Comm));
        Assert.Equal("/ True UpperLayer 1,2,3,4294967295", _sink.Text);
    }

    [Fact]
    public void Exec_ByItsOwnPath_HasNoFilename()
    {
        Assert.True(_decoder.TryDecode(Exec("/usr/bin/true", "/usr/bin/true", "", "/"), _sink));
        Assert.Equal("", _sink.Other);
    }

    [Fact]
    public void Exec_WithTruncatedPath_ShowsTheCut()
    {
        Assert.True(_decoder.TryDecode(Exec("/deep/er", "", "", "/cw/d", ExecFlags.PathTruncated, ExecLayout.CwdTruncated), _sink));
        Assert.Equal("/.../deep/er", _sink.Path);
        Assert.StartsWith("/.../cw/d ", _sink.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(42 << 8, "42 0 5")]
    [InlineData(9, "0 9 5")]
    [InlineData(11 | 0x80, "0 11 5")]    // with a core dump
    public void Exit_WaitStatus_SplitsIntoCodeAndSignal(uint status, string expected)
    {
        Assert.True(_decoder.TryDecode(Record(new ExitLayout { Header = Header(EventKind.Exit), WaitStatus = status, RunTimeNs = 5 }), _sink));
        Assert.Equal(expected, _sink.Text);
    }

    [Theory]
    [InlineData("/tmp", "x", "/tmp/x")]
    [InlineData("/tmp/a", "../b//c/.", "/tmp/b/c")]
    [InlineData("/", "/etc/passwd", "/etc/passwd")]
    [InlineData("/jail", "/../x", "/jail/x")]
    [InlineData("/tmp", "", "/tmp")]
    [InlineData("/", "/proc/self/root/proc/thread-self/root/etc/x", "/etc/x")]
    [InlineData("/", "/proc/self/rootless", "/proc/self/rootless")]
    [InlineData("/tmp", "a\nb\u00ff", "/tmp/a\nb\u00ff")]
    public void File_ByArgument_IsJoinedAndNormalised(string directory, string argument, string path)
    {
        Assert.True(_decoder.TryDecode(File(FileOperation.Unlink, FileFlags.PathFromArgument, directory, argument), _sink));
        Assert.Equal((path, ""), (_sink.Path, _sink.Other));
    }

    [Fact]
    public void Open_ThatIsCounted_SaysSoAndShowsNoFlag()
    {
        Assert.True(_decoder.TryDecode(File(FileOperation.Write, FileFlags.Counted | FileFlags.Executable, "/tmp/x", ""), _sink));
        Assert.Equal("Write Executable 420 9 8 counted", _sink.Text);
    }

    [Theory]
    [InlineData("/proc/sys/kernel/core_pattern", FileFlags.None, 5u, "SensitiveWrite")] // proc has no disk: major 0
    [InlineData("/srv/bundle/kernel/release_agent", FileFlags.UpperLayer, 5u, "Write")]
    [InlineData("/data/kernel/release_agent", FileFlags.None, 254u << 20 | 1, "Write")]
    [InlineData("/tmp/cgrp/release_agent", FileFlags.None, 5u, "SensitiveWrite")] // wherever a cgroup is mounted
    public void Write_ToAControlFile_IsOneOnlyWhereTheKernelHasIt(string path, object flags, uint device, string expected)
    {
        Assert.True(_decoder.TryDecode(File(FileOperation.Write, (FileFlags)flags, path, "", device: device), _sink));
        Assert.StartsWith(expected + " ", _sink.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Repeats_NameTheirOpen()
    {
        Assert.True(_decoder.TryDecode(Record(new RepeatsLayout { Header = Header(EventKind.Repeats), FirstBootNs = 500, Count = 3 }), _sink));
        Assert.Equal(("500 3", 1_000ul), (_sink.Text, _sink.Origin.TimeBootNs));
    }

    [Theory]
    [InlineData(false, "/run/docker.sock")]
    [InlineData(true, "@name")]
    public void UnixConnect_GivesThePathOrTheNameWithoutAFile(bool hasNoFile, string expected)
    {
        Assert.True(_decoder.TryDecode(UnixConnect(hasNoFile ? Text("name") : Walk(expected), hasNoFile), _sink));
        Assert.Equal(expected, _sink.Path);
        Assert.False(_decoder.TryDecode(UnixConnect(Text("no walk"), hasNoFile: false), _sink));
    }

    [Fact]
    public void Rename_GivesNewAndOldName()
    {
        Assert.True(_decoder.TryDecode(File(FileOperation.Rename, FileFlags.PathFromArgument, "/a", "new", "/b", "../old"), _sink));
        Assert.Equal(("/a/new", "/old"), (_sink.Path, _sink.Other));
        Assert.Equal("Rename PathFromArgument 420 9 8", _sink.Text);
    }

    [Fact]
    public void Symlink_GivesTheTargetAsItStands()
    {
        Assert.True(_decoder.TryDecode(File(FileOperation.Symlink, FileFlags.PathFromArgument, "/a", "l", "/", "../../x"), _sink));
        Assert.Equal(("/a/l", "../../x"), (_sink.Path, _sink.Other));
    }

    [Fact]
    public void SensitiveRead_OfANamesake_IsCountedAndNotTold()
    {
        Assert.True(_decoder.TryDecode(File(FileOperation.SensitiveRead, 0, "/tmp/shadow", ""), _sink));
        Assert.Equal((0, 1ul), (_sink.Calls, _decoder.SensitiveFiltered));
        Assert.True(_decoder.TryDecode(File(FileOperation.SensitiveRead, 0, "/etc/shadow", ""), _sink));
        Assert.Equal(1, _sink.Calls);
    }

    [Fact]
    public void Network_AddressesHaveTheirLengthAndTheReservedRestIsCut()
    {
        // The kernel reserves the whole payload's room; the header says how much of it is the record.
        var record = Network(NetworkOperation.FirstBytes, [10, 0, 0, 1], [10, 0, 0, 2], Text("hello")).Concat(new byte[251]).ToArray();
        Assert.True(_decoder.TryDecode(record, _sink));
        Assert.Equal("hello", _sink.Path);
        Assert.Equal("FirstBytes 0A000001:40000 0A000002:443 1 2 3", _sink.Text);
    }

    [Theory]
    [InlineData("/tmp", "mnt", "/tmp/mnt")]
    [InlineData("/tmp", "../mnt/.", "/mnt")]
    [InlineData("/usr/bin/app", "", "/usr/bin/app")]
    public void Privilege_SubjectThatIsAPath_IsJoined(string directory, string subject, string path)
    {
        Assert.True(_decoder.TryDecode(Privilege(PrivilegeOperation.Mount, PrivilegeLayout.SubjectIsPath, directory, subject, "tmpfs none"), _sink));
        Assert.Equal((path, "tmpfs none", "Mount 7 True 1 1"), (_sink.Path, _sink.Other, _sink.Text));
    }

    [Fact]
    public void Privilege_SubjectThatIsAText_IsLeftAsItIs()
    {
        Assert.True(_decoder.TryDecode(Privilege(PrivilegeOperation.SetName, 0, "/", "kworker/../x", ""), _sink));
        Assert.Equal("kworker/../x", _sink.Path);
    }

    [Fact]
    public void Privilege_OfNoOperationOrNobody_IsRefused()
    {
        Assert.False(_decoder.TryDecode(Privilege(0, 0, "/", "", ""), _sink));
        Assert.False(_decoder.TryDecode(Privilege((PrivilegeOperation)23, 0, "/", "", ""), _sink));
        Assert.False(_decoder.TryDecode(Privilege(PrivilegeOperation.Kill, 0, "/", "", "", count: 0), _sink));
        Assert.False(_decoder.TryDecode(Privilege(PrivilegeOperation.SetName, 0, "/tmp", "a walk without a path", ""), _sink));
        Assert.Equal(0, _sink.Calls);
    }

    [Fact]
    public void Record_CutAnywhere_IsRefused()
    {
        foreach (var record in OneOfEach())
            for (var length = 0; length < record.Length; length++)
                Assert.False(_decoder.TryDecode(record.AsSpan(0, length), _sink));
        Assert.Equal(0, _sink.Calls);
    }

    [Theory]
    [InlineData(0, 200)]    // an unknown kind
    [InlineData(2, 3)]      // a later layout
    [InlineData(3, 0)]      // no cgroup version
    public void Record_OfAnotherLayout_IsRefused(int offset, byte value)
    {
        foreach (var record in OneOfEach())
        {
            record[offset] = value;
            Assert.False(_decoder.TryDecode(record, _sink));
        }
    }

    [Fact]
    public void Walk_ThatIsNone_IsRefused()
    {
        var record = File(FileOperation.Create, 0, "/tmp/x", "");
        record[^1] = (byte)'y';    // the last component is not closed
        Assert.False(_decoder.TryDecode(record, _sink));
        record = File(FileOperation.Create, 0, "/tmp/x", "");
        record[^6] = 0;    // "x\0tmp\0" with an empty first component
        Assert.False(_decoder.TryDecode(record, _sink));
    }

    [Fact]
    public void RandomBytes_NeverThrow() =>
        Gen.Byte.Array[0, 600].Sample(bytes => { _decoder.TryDecode(bytes, _sink); }, iter: 100_000, threads: 1);

    [Fact]
    public void MutatedRecords_NeverThrow_AndPathsStayAbsolute()
    {
        var records = OneOfEach();
        Gen.Select(Gen.Int[0, records.Count - 1], Gen.Select(Gen.Int[0, 300], Gen.Byte).Array[0, 6], Gen.Int[-20, 20]).Sample((index, changes, grow) =>
        {
            var record = records[index].ToArray();
            Array.Resize(ref record, Math.Max(0, record.Length + grow));
            foreach (var (at, value) in changes)
                if (at < record.Length) record[at] = value;
            var before = _sink.Calls;
            var decoded = _decoder.TryDecode(record, _sink);
            return decoded
                ? _sink.Calls == before || record[0] != (byte)EventKind.File || _sink.Path.StartsWith('/')
                : _sink.Calls == before;
        }, iter: 200_000, threads: 1);
    }

    [Fact]
    public void Decoding_AllocatesNothing()
    {
        var records = OneOfEach().ToArray();
        var sink = new SilentSink();
        for (var i = 0; i < 3; i++) DecodeAll();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++) DecodeAll();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void DecodeAll()
        {
            foreach (var record in records) _decoder.TryDecode(record, sink);
        }
    }
}
