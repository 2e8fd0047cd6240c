using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Runtime.Agent.Capture;
using Xunit;

namespace Runtime.Agent.Tests.Capture;

public sealed class RoundingScanTests : IDisposable
{
    private readonly RoundingScan _scan = new(-1, TimeSpan.Zero);
    private readonly Records _told = new();

    public void Dispose() => _scan.Dispose();

    [Theory]
    [InlineData("123123", true)]
    [InlineData("12312", false)] // all ways, and too few samples
    [InlineData("1212121212121212", false)] // interval arithmetic
    [InlineData("333333333333", false)]
    [InlineData("1212121212121212121212121212121212121212121212121212121212121212" + "333333", false)] // given up before the third way
    public void Process_IsTold_WhenItWasSeenInAllWays(string ways, bool isTold)
    {
        See(ways, 1);
        Assert.Equal(isTold ? 1 : 0, _told.Count);
    }

    [Fact]
    public void Process_ThatWasTold_IsNotToldAgain_AndOthersAreOfTheirOwn()
    {
        See("111112", 2);
        See("123123123123", 1);
        Assert.Equal(1, _told.Count);
        See("3", 2);
        Assert.Equal(2, _told.Count);
    }

    [Fact]
    public void Processes_WithoutEnd_AreForgottenAndBeginAnew()
    {
        See("12312", 1);
        for (var pid = 2u; pid <= 1025; pid++)
            See("1", pid);
        See("3", 1);
        Assert.Equal(0, _told.Count);
    }

    private void See(string ways, uint pid)
    {
        Span<byte> record = stackalloc byte[Unsafe.SizeOf<PrivilegeLayout>()];
        foreach (var way in ways)
        {
            MemoryMarshal.Write(record, new PrivilegeLayout { Header = new() { Pid = pid, StartBootNs = 7 }, Value = (ulong)(way - '0') });
            _scan.Take(record, _told);
        }
    }

    private sealed class Records : IRawRecordSink
    {
        public int Count { get; private set; }

        public void OnRecord(ReadOnlySpan<byte> record) => Count++;
    }
}
