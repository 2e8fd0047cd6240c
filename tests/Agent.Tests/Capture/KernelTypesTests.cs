using System.Runtime.InteropServices;
using Runtime.Agent.Interop;
using Xunit;

namespace Runtime.Agent.Tests.Capture;

public sealed class KernelTypesTests
{
    [Fact]
    public void Members_OfTheRunningKernel_AreFoundWhereTheyAre()
    {
        using var types = KernelTypes.Load();
        Assert.SkipWhen(types is null, "this kernel was built without types");

        // include/linux/types.h; two pointers since 2.2.
        Assert.Equal((0, IntPtr.Size), (types.OffsetOf("list_head", "next"), types.OffsetOf("list_head", "prev")));
        Assert.Equal((2 * IntPtr.Size, null), (types.SizeOf("list_head"), types.SizeOf("no_such_structure")));
        Assert.Null(types.OffsetOf("list_head", "last"));
        Assert.Null(types.OffsetOf("no_such_structure", "next"));
        // Bit fields of four bits, little endian: the first begins a byte, the second does not (uapi/linux/ip.h).
        Assert.Equal((0, null, 9), (types.OffsetOf("iphdr", "ihl"), types.OffsetOf("iphdr", "version"), types.OffsetOf("iphdr", "protocol")));
        Assert.True(types.HasTypedef("btf_trace_sched_process_exec"));
        Assert.False(types.HasTypedef("btf_trace_no_such"));
        Assert.Null(types.OfModule("no_such_module"));
    }
}
