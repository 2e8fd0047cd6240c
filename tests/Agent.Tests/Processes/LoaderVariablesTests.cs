using System.Text;
using CsCheck;
using Runtime.Agent.Processes;
using Xunit;

namespace Runtime.Agent.Tests.Processes;

public sealed class LoaderVariablesTests
{
    private readonly Redaction _redaction = new(new byte[16]);

    [Theory]
    [InlineData("PATH=/bin LD_PRELOAD=/tmp/a.so HOME=/root", "LD_PRELOAD=/tmp/a.so")]
    [InlineData("LD_PRELOADED=/tmp/a.so LD_AUDIT=/tmp/b.so DOTNET_STARTUP_HOOKS=/x.dll", "LD_AUDIT=/tmp/b.so DOTNET_STARTUP_HOOKS=/x.dll")]
    [InlineData("CORECLR_PROFILER_PATH_64=/x.so CORECLR_ENABLE_PROFILING=1", "CORECLR_PROFILER_PATH_64=/x.so CORECLR_ENABLE_PROFILING=1")]
    [InlineData("LD_PRELOAD= PYTHONPATH", "")]
    [InlineData("", "")]
    public void Environment_GivesThoseThatLoad(string environment, string expected)
    {
        var flags = ProcessFlags.None;
        Assert.Equal(expected.Replace(' ', '\0'), Of(environment, ref flags));
        Assert.Equal(ProcessFlags.None, flags);
    }

    [Fact]
    public void Secret_InAValue_IsRedacted()
    {
        var flags = ProcessFlags.None;
        var text = Of("JAVA_TOOL_OPTIONS=-Ddb.password=hunter2hunter2", ref flags);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.StartsWith("JAVA_TOOL_OPTIONS=-Ddb.password=<redacted:", text, StringComparison.Ordinal);
    }

    [Fact]
    public void MoreThanIsKept_IsFlagged()
    {
        var flags = ProcessFlags.None;
        var text = Of($"LD_PRELOAD=/a.so PYTHONPATH=/{new string('x', 4200)}", ref flags);
        Assert.Equal(("LD_PRELOAD=/a.so", ProcessFlags.LoaderVariablesTruncated), (text, flags));
    }

    [Fact]
    public void AnyBytes_AreAnsweredWithoutAnException() => Gen.Byte.Array[0, 9000].Sample(bytes =>
    {
        var flags = ProcessFlags.None;
        _ = LoaderVariables.Of(bytes, _redaction, ref flags);
    });

    private string Of(string environment, ref ProcessFlags flags) =>
        Encoding.UTF8.GetString(LoaderVariables.Of(Encoding.UTF8.GetBytes(environment.Replace(' ', '\0') + '\0'), _redaction, ref flags));
}
