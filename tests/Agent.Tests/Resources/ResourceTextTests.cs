using System.Text;
using CsCheck;
using Runtime.Agent.Resources;
using Xunit;

namespace Runtime.Agent.Tests.Resources;

public sealed class ResourceTextTests
{
    [Fact]
    public void CpuStat_OfV2_GivesNanoseconds()
    {
        Assert.True(CgroupText.TryParseCpuStat("usage_usec 123456\nuser_usec 100000\nsystem_usec 23456\ncore_sched.force_idle_usec 0\nnr_periods 10\nnr_throttled 2\nthrottled_usec 4000\n"u8, out var cpu, out var throttle));
        Assert.Equal(new CpuCounters(100_000_000, 23_456_000), cpu);
        Assert.Equal(new ThrottleCounters(10, 2, 4_000_000), throttle);
    }

    [Fact]
    public void CpuStat_WithoutTheController_HasNoThrottling()
    {
        Assert.True(CgroupText.TryParseCpuStat("usage_usec 3\nuser_usec 1\nsystem_usec 2\n"u8, out _, out var throttle));
        Assert.Null(throttle);
    }

    [Theory]
    [InlineData("")]
    [InlineData("user_usec 1\n")]
    [InlineData("user_usec x\nsystem_usec 1\n")]
    [InlineData("xuser_usec 1\nsystem_usec 1\n")]
    public void CpuStat_ThatDoesNotTell_IsRefused(string text) => Assert.False(CgroupText.TryParseCpuStat(Encoding.UTF8.GetBytes(text), out _, out _));

    [Fact]
    public void Version1_OfEachFile_GivesTheSame()
    {
        Assert.True(CgroupText.TryParseCpuacct("user 4711\nsystem 815\n"u8, out var cpu));
        Assert.Equal(new CpuCounters(47_110_000_000, 8_150_000_000), cpu);
        Assert.Equal(new ThrottleCounters(10, 2, 4_000_000), CgroupText.ParseCpuStatV1("nr_periods 10\nnr_throttled 2\nthrottled_time 4000000\nnr_bursts 0\nburst_time 0\n"u8));
        Assert.Equal(new IoCounters(8192 + 1, 4096), CgroupText.ParseBlkio("254:0 Read 8192\n254:0 Write 4096\n254:0 Sync 8\n254:0 Total 12288\n7:0 Read 1\nTotal 12289\n"u8));
        Assert.Equal(500_000_000ul, CgroupText.ParseQuota("50000\n"u8, "100000\n"u8));
        Assert.Equal(0ul, CgroupText.ParseQuota("-1\n"u8, "100000\n"u8));
    }

    [Theory]
    [InlineData("max 100000\n", 0)]
    [InlineData("50000 100000\n", 500_000_000)]
    [InlineData("250000 100000\n", 2_500_000_000)]
    [InlineData("1 0\n", 0)]
    [InlineData("18446744073709551615 1\n", 0)]
    [InlineData("garbage", 0)]
    public void CpuMax_GivesTheShareOfAProcessor(string text, ulong share) => Assert.Equal(share, CgroupText.ParseCpuMax(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void IoStat_SumsTheDevices() =>
        Assert.Equal(new IoCounters(8193, 4096), CgroupText.ParseIoStat("254:0 rbytes=8192 wbytes=4096 rios=2 wios=1 dbytes=0 dios=0\n7:0\n7:1 rbytes=1 wbytes=0\n"u8));

    [Fact]
    public void Processes_AreCountedBeyondTheRoom()
    {
        var into = new uint[2];
        Assert.Equal(4, CgroupText.ParseProcesses("12\n0\n13\n14\n"u8, into, out var stored));
        Assert.Equal(2, stored);
        Assert.Equal([12u, 13u], into);
    }

    [Fact]
    public void NetDev_LeavesLoopbackOut() => Assert.Equal(
        new PacketCounters(5164 + 7, 4021 + 9),
        NodeText.ParseNetDev("""
            Inter-|   Receive                                                |  Transmit
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
                lo: 1104 16 0 0 0 0 0 0 1104 16 0 0 0 0 0 0
              eth0: 5038120   5164    0    0    0     0          0         0   419860    4021    0    0    0     0       0          0
              eth1:999999999 7 0 0 0 0 0 0 1 9 0 0 0 0 0 0
              bad0: 1 2 3
            """u8));

    [Fact]
    public void Node_IsReadFromItsFiles()
    {
        Assert.True(NodeText.TryParseStat("cpu  100 10 50 1000 5 2 3 0 0 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n"u8, out var cpu));
        Assert.Equal(new CpuCounters(1_100_000_000, 550_000_000), cpu);
        Assert.True(NodeText.TryParseMeminfo("MemTotal:       16384 kB\nMemFree: 1 kB\nMemAvailable:    4096 kB\nHugetlb:   2048 kB\n"u8, out var used, out var huge));
        Assert.Equal((12_288ul * 1024, 2048ul * 1024), (used, huge));
        Assert.True(NodeText.TryParseVmstat("nr_free_pages 1\npgpgin 10\npgpgout 20\n"u8, out var io));
        Assert.Equal(new IoCounters(10_240, 20_480), io);
        Assert.True(NodeText.TryParseTasks("0.20 0.18 0.12 1/80 11206\n"u8, out var tasks));
        Assert.Equal(80u, tasks);
    }

    [Fact]
    public void Process_WhoseNameLies_IsReadBehindTheLastParenthesis()
    {
        Assert.True(NodeText.TryParseProcess("1234 (a) R 1 1 ) S 1 1234 1234 0 -1 4194624 1 2 3 4 70 8 0 0 20 0 1 0 5555 100 200\n"u8, out var ticks));
        Assert.Equal(new ProcessTicks(5555, 78), ticks);
        Assert.False(NodeText.TryParseProcess("1234 (a) S 1 2 3\n"u8, out _));
    }

    /// <summary>The kernel writes these files; a container that mounts its own over them does not reach us. Garbage gives an answer all the same.</summary>
    [Fact]
    public void Parsers_OfAnyBytes_Answer() => Gen.Select(Gen.Byte.Array[0, 400], Gen.Int[0, Seeds.Length - 1], Gen.Int[0, 200]).Sample((garbage, which, at) =>
    {
        var seed = Seeds[which];
        byte[] text = [.. seed.AsSpan(0, Math.Min(at, seed.Length)), .. garbage, .. seed.AsSpan(Math.Min(at, seed.Length))];
        var into = new uint[4];
        _ = CgroupText.TryParseCpuStat(text, out _, out _);
        _ = CgroupText.TryParseCpuacct(text, out _);
        CgroupText.ParseCpuStatV1(text);
        CgroupText.ParseCpuMax(text);
        CgroupText.ParseIoStat(text);
        CgroupText.ParseBlkio(text);
        CgroupText.ParseProcesses(text, into, out var stored);
        Assert.InRange(stored, 0, into.Length);
        _ = NodeText.TryParseStat(text, out _);
        _ = NodeText.TryParseMeminfo(text, out _, out _);
        _ = NodeText.TryParseVmstat(text, out _);
        _ = NodeText.TryParseTasks(text, out _);
        NodeText.ParseNetDev(text);
        _ = NodeText.TryParseProcess(text, out _);
    }, iter: 20_000);

    private static readonly byte[][] Seeds =
    [
        "usage_usec 18446744073709551615\nuser_usec 18446744073709551615\nsystem_usec 1\nnr_periods 99999999999\nnr_throttled 1\nthrottled_usec 1\n"u8.ToArray(),
        "18446744073709551615 1"u8.ToArray(),
        "254:0 rbytes=18446744073709551615 wbytes=1\n254:1 rbytes=18446744073709551615"u8.ToArray(),
        "254:0 Read 18446744073709551615\n254:1 Read 18446744073709551615\n"u8.ToArray(),
        "cpu  1 2 3 4 5 6 7 8\n"u8.ToArray(),
        "  eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"u8.ToArray(),
        "1 (x) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20\n"u8.ToArray(),
    ];
}
