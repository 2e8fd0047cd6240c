using Runtime.Collector.Detection;
using Xunit;

namespace Runtime.Collector.Tests.Detection;

public sealed class InlineCodeTests
{
    private readonly ObservationBuilder _builder = new();

    [Theory]
    [InlineData("starts programs", "/usr/bin/python3", "-c", "import os; os.system(\"id\")")]
    [InlineData("starts programs", "/usr/bin/python3.11", "-Sc", "import subprocess")]
    [InlineData("starts programs", "/usr/bin/perl", "-e", "system(\"hostname\")")]
    [InlineData("starts programs", "/usr/bin/mawk", "BEGIN { system(\"id\") }")]
    [InlineData("starts programs", "/usr/bin/node", "--eval", "require('child_process').execSync('id')")]
    [InlineData("opens connections", "/usr/bin/php8.2", "-r", "$s = fsockopen(\"203.0.113.9\", 4444);")]
    [InlineData("opens connections", "/usr/bin/python3", "-u", "-c", "import socket,subprocess")]
    [InlineData(null, "/usr/bin/python3", "-c", "import sys; print(sys.version)")]
    [InlineData(null, "/usr/bin/python3", "/app/socket.py")]
    [InlineData(null, "/usr/bin/mawk", "-F:", "{ print $1 }", "/srv/system(1)")]
    [InlineData(null, "/bin/sh", "-c", "exec(1)")]
    [InlineData(null, "/usr/bin/python3", "-c")]
    public void Code_InArguments_IsToldByWhatItDoes(string? expected, string binary, params string[] arguments)
    {
        var process = _builder.Process(binary, null, arguments: [ProgramNames.BaseName(binary), .. arguments])[0];
        Assert.Equal(expected, InlineCode.Find(process));
    }
}
