using Runtime.Agent.Hardening;
using Xunit;

namespace Runtime.Agent.Tests.Hardening;

public sealed class CapabilitiesTests
{
    [Theory]
    [InlineData("6.18.44", false)]
    [InlineData("5.19.0-1-amd64", false)]
    [InlineData("5.18.19", true)]
    [InlineData("5.10.0-28-amd64", true)]
    [InlineData("strange", true)]
    public void ToKeep_BeforeTheKernelThatNeedsItNoMore_HoldsBpf(string release, bool holds) =>
        Assert.Equal(holds, Capabilities.ToKeep(1, release).Contains(Capability.Bpf));

    [Fact]
    public void ToKeep_IsNothingThatChangesTheKernel() =>
        Assert.All([1, 3], rung => Assert.DoesNotContain(Capabilities.ToKeep(rung, "6.1.0"), capability => capability is Capability.SysAdmin or Capability.Perfmon or Capability.SetPcap));

    [Fact]
    public void ToKeep_WhereFanotifyWatches_IsWhatItNeeds() =>
        Assert.Equal([Capability.DacOverride, Capability.DacReadSearch, Capability.NetAdmin, Capability.SysPtrace, Capability.SysAdmin], Capabilities.ToKeep(2, "5.4.0").Order());
}
