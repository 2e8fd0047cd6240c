using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Ingest;

public sealed class ScriptArgumentTests
{
    [Theory]
    [InlineData("/usr/bin/dash", "sh /dev/shm/x.sh", "/dev/shm/x.sh")]
    [InlineData("/usr/bin/bash", "bash -eux run.sh a", "/srv/run.sh")]
    [InlineData("/usr/bin/bash", "bash +x ./run.sh", "/srv/run.sh")]
    [InlineData("/usr/bin/python3.11", "python3 -u /app/job.py 5", "/app/job.py")]
    [InlineData("/usr/bin/busybox", "busybox sh /x.sh", "/x.sh")]
    [InlineData("/usr/bin/busybox", "sh /x.sh", "/x.sh")]
    [InlineData("/usr/bin/node", "node /opt/app/server.js", "/opt/app/server.js")]
    [InlineData("/usr/bin/dash", "sh -c x.sh", "")]
    [InlineData("/usr/bin/dash", "sh -ec x.sh", "")]
    [InlineData("/usr/bin/bash", "bash -o pipefail x.sh", "")]
    [InlineData("/usr/bin/bash", "bash --rcfile /x", "")]
    [InlineData("/usr/bin/dash", "sh -", "")]
    [InlineData("/usr/bin/dash", "sh", "")]
    [InlineData("/usr/bin/python3.11", "python3 -m http.server", "")]
    [InlineData("/usr/bin/perl", "perl -I lib x.pl", "")]
    [InlineData("/usr/bin/perl", "perl -e print", "")]
    [InlineData("/usr/bin/gawk", "gawk {print} /etc/passwd", "")]
    [InlineData("/usr/bin/cat", "cat /etc/passwd", "")]
    [InlineData("/usr/bin/busybox", "busybox cat /x", "")]
    public void Script_OfAnInterpreter_IsItsFirstArgumentThatIsNoOption(string binary, string arguments, string script) =>
        Assert.Equal(script, ScriptArgument.Find(binary, arguments.Split(' '), "/srv"));

    [Fact]
    public void Script_ByARelativeName_NeedsAWorkingDirectory() =>
        Assert.Equal(("", "/x"), (ScriptArgument.Find("/bin/sh", ["sh", "x"], ""), ScriptArgument.Find("/bin/sh", ["sh", "x"], "/")));
}
