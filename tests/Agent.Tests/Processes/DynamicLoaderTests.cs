using System.Text;
using CsCheck;
using Runtime.Agent.Processes;
using Xunit;

namespace Runtime.Agent.Tests.Processes;

public sealed class DynamicLoaderTests
{
    [Theory]
    [InlineData("/lib64/ld-linux-x86-64.so.2 ./payload -x", "/work/payload")]
    [InlineData("/lib64/ld-linux-x86-64.so.2 /tmp/../tmp/payload", "/tmp/payload")]
    [InlineData("ld.so --library-path /tmp:/usr/lib --argv0 nginx --preload /tmp/a.so ../payload", "/payload")]
    [InlineData("ld.so --inhibit-cache --glibc-hwcaps-mask x86-64-v3 ./payload", "/work/payload")]
    [InlineData("/lib/ld-musl-x86_64.so.1 --preload=/tmp/a.so --library-path=/tmp -- ./--odd", "/work/--odd")]
    [InlineData("ld.so payload", "payload")]
    [InlineData("ld.so --list /bin/true", "")]
    [InlineData("ld.so --verify /bin/true", "")]
    [InlineData("ld.so --list-tunables", "")]
    [InlineData("ld.so --library-path", "")]
    [InlineData("ld.so", "")]
    public void Loader_WithAFile_RunsIt(string arguments, string expected) =>
        Assert.Equal(expected, Payload("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", arguments, "/work"));

    [Theory]
    [InlineData("/lib/ld-musl-x86_64.so.1", true)]
    [InlineData("/lib/ld-linux-aarch64.so.1", true)]
    [InlineData("/lib/x86_64-linux-gnu/ld-2.31.so", true)]
    [InlineData("/lib64/ld64.so.2", true)]
    [InlineData("/usr/bin/ld", false)]
    [InlineData("/usr/bin/ld.bfd", false)]
    [InlineData("/usr/bin/ldd", false)]
    [InlineData("/opt/ldapclient.so", false)]
    [InlineData("/bin/sh", false)]
    public void Loader_IsToldByItsName(string binary, bool isLoader) =>
        Assert.Equal(isLoader, Payload(binary, "x /tmp/payload", "/") == "/tmp/payload");

    [Fact]
    public void AnyArguments_AreAnsweredWithoutAnException() =>
        Gen.Select(Gen.Byte.Array[0, 5000], Gen.Byte.Array[0, 4096]).Sample((arguments, cwd) => { _ = DynamicLoader.PayloadOf("/ld.so"u8, arguments, cwd); });

    private static string Payload(string binary, string arguments, string cwd) =>
        Encoding.UTF8.GetString(DynamicLoader.PayloadOf(Encoding.UTF8.GetBytes(binary), Encoding.UTF8.GetBytes(arguments.Replace(' ', '\0') + '\0'), Encoding.UTF8.GetBytes(cwd)));
}
