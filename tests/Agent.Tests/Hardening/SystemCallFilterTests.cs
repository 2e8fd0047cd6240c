using Runtime.Agent.Hardening;
using Xunit;

namespace Runtime.Agent.Tests.Hardening;

public sealed class SystemCallFilterTests
{
    private const uint X64 = 0xC000003E, Arm64 = 0xC00000B7, Allow = 0x7fff0000, Refuse = 0x00050001;

    public static TheoryData<string> RefusedCalls => [.. SystemCallFilter.Refused.Select(call => call.Name)];

    [Theory]
    [MemberData(nameof(RefusedCalls))]
    public void Call_ThatTheAgentNeverMakes_IsRefusedOnBothProcessors(string name)
    {
        var (x64, arm64, _) = SystemCallFilter.Refused.Single(call => call.Name == name);
        Assert.Equal(Refuse, Run(false, X64, (uint)x64));
        if (arm64 >= 0)
            Assert.Equal(Refuse, Run(true, Arm64, (uint)arm64));
    }

    [Theory]
    [InlineData(0)]     // read
    [InlineData(59)]    // execve: the probes
    [InlineData(257)]   // openat
    [InlineData(435)]   // clone3
    [InlineData(62)]    // kill
    [InlineData(304)]   // open_by_handle_at: cgroups
    public void Call_ThatItMakes_IsAllowed(uint number) => Assert.Equal(Allow, Run(false, X64, number));

    [Theory]
    [InlineData(1, true)]   // map lookup
    [InlineData(4, true)]   // next key
    [InlineData(15, true)]  // information about one's own program
    [InlineData(0, false)]  // map create
    [InlineData(5, false)]  // program load
    [InlineData(13, false)] // somebody's program by its id
    [InlineData(28, false)] // link create
    [InlineData(34, false)] // link detach
    public void Bpf_ReachesOwnMapsOnly(uint command, bool allowed) => Assert.Equal(allowed ? Allow : Refuse, Run(false, X64, 321, command));

    [Theory]
    [InlineData(1, 1 | 0x80000, true)]   // unix, close on exec
    [InlineData(2, 1, true)]             // TCP
    [InlineData(10, 2, true)]            // UDP over IPv6
    [InlineData(16, 3, true)]            // netlink: all of it is raw
    [InlineData(2, 3, false)]            // raw IPv4
    [InlineData(10, 3 | 0x80000, false)] // raw IPv6
    [InlineData(17, 3, false)]           // packets
    [InlineData(38, 5, false)]           // the kernel's cryptography
    [InlineData(40, 1, false)]           // vsock
    public void Socket_OfAFamilyThatItUses_IsAllowed(uint family, uint type, bool allowed) => Assert.Equal(allowed ? Allow : Refuse, Run(false, X64, 41, family, type));

    [Fact]
    public void Call_ThroughAnotherTable_IsRefused()
    {
        Assert.Equal(Refuse, Run(false, 0x40000003, 3));              // i386's read
        Assert.Equal(Refuse, Run(false, X64, 0x40000000));            // x32's read
        Assert.Equal(Refuse, Run(true, X64, 63));
    }

    /// <summary>The kernel's interpreter, as far as the filter goes (linux/net/core/filter.c): it also holds every jump to the program.</summary>
    private static uint Run(bool isArm, uint architecture, uint number, uint first = 0, uint second = 0)
    {
        var program = SystemCallFilter.Assemble(isArm);
        Assert.InRange(program.Length, 1, 4096);
        uint accumulator = 0;
        for (var at = 0; ; at++)
        {
            var instruction = program[at];
            switch (instruction.Code)
            {
                case 0x20:
                    accumulator = instruction.Value switch
                    {
                        0 => number,
                        4 => architecture,
                        16 => first,
                        24 => second,
                        _ => throw new InvalidOperationException($"reads at {instruction.Value}"),
                    };
                    break;
                case 0x15:
                    at += accumulator == instruction.Value ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case 0x35:
                    at += accumulator >= instruction.Value ? instruction.JumpTrue : instruction.JumpFalse;
                    break;
                case 0x54:
                    accumulator &= instruction.Value;
                    break;
                case 0x06:
                    return instruction.Value;
                default:
                    throw new InvalidOperationException($"code {instruction.Code}");
            }
        }
    }
}
