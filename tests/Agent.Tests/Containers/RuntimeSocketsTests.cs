using System.Text;
using Runtime.Agent.Containers;
using Runtime.Agent.Reduction;
using Xunit;

namespace Runtime.Agent.Tests.Containers;

public sealed class RuntimeSocketsTests
{
    [Theory]
    [InlineData("/run/docker.sock", true)]
    [InlineData("/mnt/host/run/containerd/containerd.sock.ttrpc", true)]
    [InlineData("/run/containerd/s/0123abcd", true)]
    [InlineData("@/containerd-shim/moby/0123/shim.sock", true)]
    [InlineData("/run/postgresql/.s.PGSQL.5432", false)]
    [InlineData("/run/docker.sock.d/x", false)]
    [InlineData("@dbus", false)]
    public void Contains_KnowsARuntimesSocketWhereverItLies(string path, bool expected) => Assert.Equal(expected, RuntimeSockets.Contains(path));

    [Theory]
    [InlineData("/run/containerd", true)]
    [InlineData("/var/run/crio/crio.sock", true)]
    [InlineData("/run/log", false)]
    [InlineData("/home/me/docker.sock", false)]
    public void IsReach_TakesSocketsAndTheirFolders(string path, bool expected) => Assert.Equal(expected, RuntimeSockets.IsReach(path));

    [Fact]
    public void KernelNames_FitTheKernelSidesKey() => Assert.All(RuntimeSockets.KernelNames(), name => Assert.InRange(name.Length, 1, 31));

    [Theory]
    [InlineData(17u << 24 | 3 << 16 | 0x0300, "packet 0x0003")]
    [InlineData(2u << 24 | 3 << 16 | 255, "raw 255")]
    [InlineData(10u << 24 | 3 << 16 | 58, "raw6 58")]
    [InlineData(2u << 24 | 2 << 16 | 1, "ping")]
    [InlineData(10u << 24 | 2 << 16 | 58, "ping6")]
    [InlineData(44u << 24 | 3 << 16, "xdp")]
    [InlineData(99u << 24, "family 99")]
    public void SpecialSocket_IsNamed(uint socket, string name) => Assert.Equal(name, Encoding.ASCII.GetString(SpecialSocket.NameOf(socket)));
}
