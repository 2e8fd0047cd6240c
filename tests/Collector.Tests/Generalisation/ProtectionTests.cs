using Runtime.Collector.Detection;
using Runtime.Collector.Generalisation;
using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Generalisation;

public sealed class ProtectionTests
{
    /// <summary>A folder of every kind that is protected, for names that would be generalised elsewhere.</summary>
    public static TheoryData<string> Folders =>
    [
        "/etc/", "/etc/cron.d/", "/bin/", "/sbin/", "/usr/bin/", "/usr/lib/x/", "/usr/local/share/", "/lib/", "/lib64/", "/libx32/", "/opt/app/bin/", "/root/", "/root/.cache/",
        "/home/bob/.ssh/", "/boot/", "/proc/sys/net/", "/sys/kernel/debug/", "/dev/", "/dev/mapper/", "/var/spool/cron/", "/var/spool/cron/crontabs/",
        "/var/spool/at/", "/run/secrets/app/", "/var/run/secrets/kubernetes.io/serviceaccount/", "/home/bob/.aws/", "/home/bob/.kube/", "/home/bob/.gnupg/",
    ];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Covers_NamesInProtectedFolders(string folder) => Assert.True(Protection.Covers(folder + "photo-abcdefghijkl.jpg"));

    [Theory]
    [InlineData("/srv/x/libssl.so")]
    [InlineData("/srv/x/libssl.so.3")]
    [InlineData("/srv/docker.sock")]
    [InlineData("/run/containerd/containerd.sock")]
    [InlineData("/home/bob/.bashrc")]
    [InlineData("/home/bob/.git-credentials")]
    [InlineData("/srv/../etc/passwd")]
    public void Covers_ProtectedNamesAnywhere(string path) => Assert.True(Protection.Covers(path));

    /// <summary>Places that weigh by themselves are all protected.</summary>
    [Theory]
    [InlineData("/etc/ld.so.preload")]
    [InlineData("/var/spool/cron/root")]
    [InlineData("/var/spool/cron")]
    [InlineData("/usr/lib/systemd/system/x.service")]
    [InlineData("/lib/systemd/system/x.service")]
    [InlineData("/etc/passwd")]
    [InlineData("/home/bob/.ssh/authorized_keys")]
    [InlineData("/home/bob/.profile")]
    [InlineData("/srv/.zshrc")]
    [InlineData("/usr/local/bin/x")]
    [InlineData("/usr/libexec/x")]
    [InlineData("/lib64/x")]
    public void Covers_WhatIsSensitive(string path)
    {
        Assert.NotNull(Places.Sensitive(path));
        Assert.True(Protection.Covers(path));
    }

    [Theory]
    [InlineData("/var/log/app/x.log")]
    [InlineData("/var/lib/app/x")]
    [InlineData("/tmp/x")]
    [InlineData("/dev/shm/x")]
    [InlineData("/dev/pts/0")]
    [InlineData("/opt/app/data/x")]
    [InlineData("/opt/bin")]
    [InlineData("/home/bob/x")]
    [InlineData("/sys/fs/cgroup/x")]
    [InlineData("/var/spool/mail/x")]
    public void Covers_NotWhereProgramsKeepData(string path) => Assert.False(Protection.Covers(path));

    [Theory]
    [InlineData((int)FileOperation.Create, (int)FileFlags.None, "", true)]
    [InlineData((int)FileOperation.Create, (int)FileFlags.Executable, "", false)]
    [InlineData((int)FileOperation.Create, (int)FileFlags.Device, "", false)]
    [InlineData((int)FileOperation.Unlink, (int)FileFlags.RunningProgram, "", false)]
    [InlineData((int)FileOperation.Create, (int)FileFlags.PathTruncated, "", false)]
    [InlineData((int)FileOperation.Rename, (int)FileFlags.None, "/srv/x.tmp", true)]
    [InlineData((int)FileOperation.Rename, (int)FileFlags.None, "/etc/shadow", false)]
    [InlineData((int)FileOperation.Link, (int)FileFlags.None, "/home/bob/.ssh/id_rsa", false)]
    public void Admits_OnlyWhatTheNameTells(int operation, int flags, string other, bool expected)
    {
        var builder = new ObservationBuilder();
        var file = builder.File(null, builder.Process("/app"), "/srv/x/a", (FileOperation)operation, flags: (FileFlags)flags) with { OtherPath = other };
        Assert.Equal(expected, Protection.Admits(file));
    }
}
