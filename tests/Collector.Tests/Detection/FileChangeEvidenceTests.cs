using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Query;
using Xunit;

namespace Runtime.Collector.Tests.Detection;

public sealed class FileChangeEvidenceTests
{
    private static readonly ContainerInfo Container = ObservationBuilder.Container("c1", "web-1");
    private readonly ObservationBuilder _builder = new();

    [Theory]
    [InlineData("/proc/sys/kernel/core_pattern", "core_pattern", TierZero.HostControl)] // D04
    [InlineData("/sys/fs/cgroup/rdma/release_agent", "release_agent", TierZero.HostControl)] // D03
    [InlineData("/mnt/cg/release_agent", "release_agent", TierZero.HostControl)]
    [InlineData("/sys/kernel/uevent_helper", "helper", TierZero.HostControl)]
    [InlineData("/proc/sys/kernel/modprobe", "helper", TierZero.HostControl)]
    [InlineData("/dev/mem", "memory_device", TierZero.HostControl)]
    [InlineData("/proc/sys/fs/binfmt_misc/register", "binfmt", TierZero.HostControl)]
    [InlineData("/proc/77/mem", "process_memory", null)]
    [InlineData("/proc/sysrq-trigger", "sysrq", null)]
    [InlineData("/proc/sys/vm/nr_hugepages", "hugepages", null)] // A08
    [InlineData("/dev/cpu/0/msr", "msr", TierZero.RegisterWrite)]
    [InlineData("/proc/sys/kernel/yama/ptrace_scope", "kernel_setting", null)]
    public void ControlFile_ThatAContainerWrites_WeighsAnAlertByItself(string path, string expected, string? fact)
    {
        var file = Did(_builder, FileOperation.SensitiveWrite, path, path.StartsWith("/dev/", StringComparison.Ordinal) ? FileFlags.Device : FileFlags.None);
        var assessment = FileEvidence.Assess(file, default);
        Assert.Equal(expected, assessment.Class);
        Assert.True(assessment.EValue >= 60, $"{assessment.EValue}");
        Assert.Equal(fact, TierZero.Judge(file)?.Rule);
        Assert.NotEqual("", Techniques.Tactic(assessment.Evidence[0].Technique));
    }

    [Fact]
    public void ControlFile_ThatTheHostWrites_IsItsServicesWork()
    {
        var host = new ObservationBuilder(ObservationBuilder.Host);
        var file = Did(host, FileOperation.SensitiveWrite, "/proc/sys/kernel/core_pattern") with { Container = null };
        Assert.Null(TierZero.Judge(file));
        Assert.Null(TierZero.Judge(file with { Path = "/dev/cpu/0/msr" }));
        Assert.True(FileEvidence.Assess(file, default).EValue < 20);
    }

    [Theory]
    [InlineData("ChmodSpecial", "", 0, "special_mode", 40)] // D08
    [InlineData("Xattr", "security.capability", 0, "file_capability", 60)]
    [InlineData("Xattr", "security.capability", 1, "data_file", 0.5)] // taking rights away
    [InlineData("Xattr", "security.selinux", 1, "mark_removed", 20)]
    [InlineData("MakeNode", "", 0, "device_node", 100)]
    [InlineData("Attribute", "", 0x10, "immutable", 20)] // E11
    [InlineData("Attribute", "", 0x40, "attributes", 4)]
    [InlineData("Times", "", 0, "timestomp", 3)] // E10
    public void Change_OfAFile_HasItsClass(string operation, string other, int mode, string expected, double weight)
    {
        var assessment = FileEvidence.Assess(Did(_builder, Enum.Parse<FileOperation>(operation), "/srv/x") with { OtherPath = other, Mode = mode }, default);
        Assert.Equal((expected, weight), (assessment.Class, assessment.Evidence[0].Factor));
    }

    [Theory]
    [InlineData("/usr/bin/touch", Phase.Steady, 20)] // E10
    [InlineData("/usr/bin/touch", Phase.Init, 3)]
    [InlineData("/usr/bin/tar", Phase.Steady, 3)]
    public void Times_SetByHand_WeighByWhoSetsThem(string binary, object phase, double weight)
    {
        var file = _builder.File(Container, _builder.Process(binary, phase: (Phase)phase), "/srv/x", FileOperation.Times);
        Assert.Equal(weight, FileEvidence.Assess(file, default).Evidence[0].Factor);
    }

    [Fact]
    public void Attempt_ToMakeAFileImmutable_WeighsLikeIt_AndIsAnotherItem()
    {
        var made = Did(_builder, FileOperation.Attribute, "/srv/x") with { Mode = 0x10 };
        var tried = made with { Flags = FileFlags.Refused };
        Assert.Equal(("immutable", 20), (FileEvidence.Assess(tried, default).Class, FileEvidence.Assess(tried, default).EValue));
        Assert.EndsWith("which was refused", FileEvidence.Assess(tried, default).Evidence[0].Reason, StringComparison.Ordinal);
        Assert.NotEqual(new ItemKey().FileWrite(made).ToString(), new ItemKey().FileWrite(tried).ToString());
        Assert.Contains("tried to", Titles.File(tried, "shop/web", ""), StringComparison.Ordinal);
    }

    [Fact]
    public void Disk_ThatAContainerOpens_IsPastEveryFilesRights()
    {
        var disk = FileEvidence.Assess(Did(_builder, FileOperation.SensitiveRead, "/dev/sda1", FileFlags.Device), default);
        Assert.Equal("raw_disk", disk.Class);
        Assert.True(disk.EValue >= 60);
    }

    [Fact]
    public void EveryOperation_HasAKeyAndWords()
    {
        var keys = new HashSet<string>();
        foreach (var operation in Enum.GetValues<FileOperation>().Where(operation => operation is not (FileOperation.Unknown or FileOperation.SensitiveRead or FileOperation.MapExecutable)))
        {
            var file = Did(_builder, operation, "/srv/x");
            Assert.True(keys.Add(new ItemKey().FileWrite(file).ToString()), operation.ToString());
            Assert.NotEqual("", EventText.Summary(file));
            Assert.DoesNotContain("unknown", new ItemKey().FileWrite(file).ToString(), StringComparison.Ordinal);
            Assert.True(operation is FileOperation.Write || !Titles.File(file, "shop/web", "").Contains(" wrote /", StringComparison.Ordinal), operation.ToString());
        }
    }

    private static FileObservation Did(ObservationBuilder builder, FileOperation operation, string path, FileFlags flags = FileFlags.None) =>
        builder.File(Container, builder.Process("/usr/bin/app"), path, operation) with { Template = path, Flags = flags };
}
