using System.Text;
using Runtime.Agent.Capture.Connector;
using Runtime.Agent.Capture.Scan;
using Runtime.Agent.Processes;
using Xunit;

namespace Runtime.Agent.Tests.Capture.Connector;

public sealed class ExecRemainsTests
{
    [Theory]
    [InlineData("/usr/bin/true", "", "/usr/bin/true", "/lib64/ld-linux-x86-64.so.2")]
    [InlineData("/tmp/static", "", "/tmp/static")]
    [InlineData("/bin/busybox", "/tmp/job.sh", "/tmp/job.sh", "/bin/busybox")]
    [InlineData("/usr/bin/dash", "/tmp/job.sh", "/tmp/job.sh", "/usr/bin/dash", "/lib/ld-musl-x86_64.so.1")]
    public void Of_OpenedFiles_TellBinaryAndScript(string binary, string script, params string[] files)
    {
        var known = new Sighting(9, 50_000_000) { ParentPid = 4 };
        var process = ExecRemains.Of(9, 60_000_000, known, [.. files.Select(File)], out var told);
        Assert.Equal(binary, Encoding.UTF8.GetString(process.Binary));
        Assert.Equal(script, Encoding.UTF8.GetString(told));
        Assert.Equal((4u, 5ul), (process.Stat.ParentPid, process.Stat.StartTicks));
        Assert.True(process.Flags.HasFlag(ProcessFlags.ArgumentsTruncated));
    }

    private static OpenedFile File(string path) => new(Encoding.UTF8.GetBytes(path), 0x81ED, 1, 2, 1, 3, 4, 5);
}
