using System.Text;
using CsCheck;
using Runtime.Agent.Containers;
using Xunit;

namespace Runtime.Agent.Tests.Containers;

public sealed class CgroupPathTests
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private const string Id2 = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210";
    private const string Uid = "1f2e3d4c-5b6a-7980-1a2b-3c4d5e6f7081";
    private const string Uid_ = "1f2e3d4c_5b6a_7980_1a2b_3c4d5e6f7081";

    [Theory]
    // Kubernetes, cgroupfs driver
    [InlineData($"/kubepods/burstable/pod{Uid}/{Id}", Id, Uid, "")]
    [InlineData($"/kubepods/besteffort/pod{Uid}/{Id}", Id, Uid, "")]
    [InlineData($"/kubepods/pod{Uid}/{Id}", Id, Uid, "")]
    [InlineData($"/kubepods/burstable/pod{Uid}/crio-{Id}", Id, Uid, "cri-o")]
    [InlineData($"/kubepods/burstable/pod{Uid}/{Id}/init.scope", Id, Uid, "")]
    [InlineData($"/kubepods/burstable/pod0a1b2c3d4e5f60718293a4b5c6d7e8f9/{Id}", Id, "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "")]
    [InlineData("/kubepods/besteffort/podX/cr2", "cr2", "X", "")]
    [InlineData($"/kubepods/besteffort/podQ/{Id}", Id, "Q", "")]
    // Kubernetes, systemd driver
    [InlineData($"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{Uid_}.slice/cri-containerd-{Id}.scope", Id, Uid, "containerd")]
    [InlineData($"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{Uid_}.slice/crio-{Id}.scope", Id, Uid, "cri-o")]
    [InlineData($"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{Uid_}.slice/crio-{Id}.scope/container", Id, Uid, "cri-o")]
    [InlineData($"/kubepods.slice/kubepods-pod{Uid_}.slice/docker-{Id}.scope", Id, Uid, "docker")]
    [InlineData($"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{Uid_}.slice/{Id}", Id, Uid, "")]
    // .slice parent with the cgroupfs driver
    [InlineData($"/kubepods-burstable-pod{Uid_}.slice:cri-containerd:{Id}", Id, Uid, "containerd")]
    [InlineData($"/system.slice/containerd.service/kubepods-pod{Uid_}.slice:cri-containerd:{Id}", Id, Uid, "containerd")]
    [InlineData($"/system.slice:docker:{Id}", Id, "", "docker")]
    [InlineData("/system.slice:runc:rt1", "rt1", "", "runc")]
    // seen from inside a cgroup namespace
    [InlineData($"/../../pod{Uid}/{Id}", Id, Uid, "")]
    [InlineData($"/../../kubepods-besteffort-pod{Uid_}.slice/cri-containerd-{Id}.scope", Id, Uid, "containerd")]
    // nested nodes: nspawn, kind
    [InlineData($"/payload/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{Uid_}.slice/cri-containerd-{Id}.scope", Id, Uid, "containerd")]
    [InlineData($"/docker/{Id2}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod{Uid_}.slice/cri-containerd-{Id}.scope", Id, Uid, "containerd")]
    [InlineData($"/docker/{Id2}/kubelet/kubepods/burstable/pod{Uid}/{Id}", Id, Uid, "")]
    // what a container makes below itself is its own
    [InlineData($"/kubepods/burstable/pod{Uid}/{Id}/docker/{Id2}", Id, Uid, "")]
    [InlineData($"/kubepods/burstable/pod{Uid}/{Id}/kubepods/podevil/{Id2}", Id, Uid, "")]
    [InlineData($"/docker/{Id}/docker/{Id2}", Id, "", "")]
    // Docker
    [InlineData($"/docker/{Id}", Id, "", "")]
    [InlineData($"/system.slice/docker-{Id}.scope", Id, "", "docker")]
    [InlineData($"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{Id}.scope", Id, "", "docker")]
    [InlineData($"/actions_job/{Id}", Id, "", "")]
    // Podman
    [InlineData($"/libpod_parent/libpod-{Id}", Id, "", "podman")]
    [InlineData($"/machine.slice/libpod-{Id}.scope", Id, "", "podman")]
    [InlineData($"/machine.slice/libpod-{Id}.scope/container", Id, "", "podman")]
    [InlineData($"/machine.slice/machine-libpod_pod_{Id2}.slice/libpod-{Id}.scope", Id, "", "podman")]
    [InlineData($"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{Id}.scope/container", Id, "", "podman")]
    // nerdctl, runc
    [InlineData($"/system.slice/nerdctl-{Id}.scope", Id, "", "containerd")]
    [InlineData($"/default/{Id}", Id, "", "")]
    [InlineData("/user.slice/runc-rt1.scope", "rt1", "", "runc")]
    public void Parse_ContainerShape_TellsIdPodAndRuntime(string path, string id, string podUid, string runtime) =>
        Assert.Equal(new CgroupPath(CgroupKind.Container, id, podUid, runtime), CgroupPath.Parse(path));

    [Theory]
    [InlineData("/rt1", "rt1")]
    [InlineData("/default/cr1", "cr1")]
    [InlineData("/process_api/ee225ce9f5acfc09b9a29ebca60e7171", "ee225ce9f5acfc09b9a29ebca60e7171")]
    [InlineData("/user.slice/user-0.slice/session-1.scope/rt1", "rt1")]
    [InlineData("/podium/stage", "stage")]
    [InlineData("/docker/0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")]
    public void Parse_UnknownShape_IsPossible(string path, string id) =>
        Assert.Equal(new CgroupPath(CgroupKind.Possible, id, "", ""), CgroupPath.Parse(path));

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/..")]
    [InlineData("/init.scope")]
    [InlineData("/system.slice/ssh.service")]
    [InlineData("/user.slice/user-1000.slice/session-3.scope")]
    [InlineData("/kubepods")]
    [InlineData("/kubepods/burstable")]
    [InlineData("/kubepods.slice/kubepods-burstable.slice")]
    [InlineData("/machine.slice/libpod-conmon-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope")]
    public void Parse_HostShape_IsHost(string path) => Assert.Equal(CgroupKind.Host, CgroupPath.Parse(path).Kind);

    [Theory]
    [InlineData($"/kubepods/burstable/pod{Uid}")]
    [InlineData($"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{Uid_}.slice")]
    [InlineData($"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{Uid_}.slice/crio-conmon-{Id}.scope")]
    [InlineData($"/kubepods/burstable/pod{Uid}/crio-conmon-{Id}")]
    public void Parse_PodLevelAndMonitors_AreThePods(string path) =>
        Assert.Equal(new CgroupPath(CgroupKind.Pod, "", Uid, ""), CgroupPath.Parse(path));

    [Fact]
    public void Parse_AnyBytes_NeverThrows() =>
        Gen.Byte.Array[0, 5000].Sample(bytes => CgroupPath.Parse(bytes).ContainerId.Length <= 4096 * 3);

    [Fact]
    public void Parse_AnyJoinOfKnownElements_FindsAtMostWhatIsThere() =>
        Gen.OneOf("kubepods", "kubepods.slice", $"pod{Uid}", Id, $"docker-{Id2}.scope", "..", ":", "a:b:c", $"x.slice:runc:", ".slice", "pod", "-pod.slice", "libpod-", "crio-").List[0, 8].Sample(elements =>
        {
            var path = "/" + string.Join('/', elements);
            var parsed = CgroupPath.Parse(Encoding.UTF8.GetBytes(path));
            return parsed.ContainerId.Length == 0 || path.Contains(parsed.ContainerId, StringComparison.Ordinal);
        });
}
