using System.Text;
using Runtime.Agent.Packages;
using Xunit;

namespace Runtime.Agent.Tests.Packages;

public sealed class DatabaseTextTests
{
    // Of Debian 12, with a description that would be mistaken for fields by who does not look at the line's beginning, and a removed package.
    private const string Status = """
        Package: libc6
        Status: install ok installed
        Priority: optional
        Section: libs
        Installed-Size: 12986
        Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
        Architecture: amd64
        Multi-Arch: same
        Source: glibc
        Version: 2.36-9+deb12u10
        Conffiles:
         /etc/ld.so.conf.d/x86_64-linux-gnu.conf d4e7a7b88a71b5ffd9e2644e71a0cfab
        Description: GNU C Library: Shared libraries
         Package: none of this
         .
         Version: nor this

        Package: tzdata
        Status: deinstall ok config-files
        Architecture: all
        Version: 2024a-0+deb12u1

        Package: curl
        Status: install ok half-configured
        Architecture: amd64
        Multi-Arch: foreign
        Version: 7.88.1-10+deb12u12
        """;

    [Fact]
    public void Dpkg_Status_GivesItsPackages()
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(Status);
        var found = new List<string>();
        while (DpkgText.TryTake(ref rest, out var stanza))
            found.Add($"{Text(stanza.Name)} {Text(stanza.Version)} {Text(stanza.Architecture)} {stanza.IsMultiArchSame} {stanza.IsInstalled}");
        Assert.Equal(["libc6 2.36-9+deb12u10 amd64 True True", "tzdata 2024a-0+deb12u1 all False False", "curl 7.88.1-10+deb12u12 amd64 False True"], found);
    }

    [Fact]
    public void Dpkg_Sums_AreTakenAndOtherLinesPassedOver()
    {
        // The second as md5sum -b writes it, the third too short, the fourth no hex, the last without an end of line.
        ReadOnlySpan<byte> rest = "7a4179e324c784b99e98fedee05260f7  bin/cat\ndb0817401cfd9c5a818ae919d10ba7c5 *./bin/a b\n7a41  bin/x\nzz4179e324c784b99e98fedee05260f7  bin/y\n\n6142a2ff5b69d32166187cdee41e7ea0  bin/chmod"u8;
        var found = new List<string>();
        while (DpkgText.TryTakeSum(ref rest, out var sum, out var path))
            found.Add($"{sum:x32} {Text(path)}");
        Assert.Equal(["7a4179e324c784b99e98fedee05260f7 bin/cat", "db0817401cfd9c5a818ae919d10ba7c5 ./bin/a b", "6142a2ff5b69d32166187cdee41e7ea0 bin/chmod"], found);
    }

    [Fact]
    public void Dpkg_Diversions_AreTakenByThrees()
    {
        ReadOnlySpan<byte> rest = "/bin/sh\n/bin/sh.distrib\ndash\n/usr/bin/perf\n/usr/bin/perf.wrapper\n:\n/cut\n"u8;
        Assert.True(DpkgText.TryTakeDiversion(ref rest, out var from, out var to, out var by));
        Assert.Equal("/bin/sh /bin/sh.distrib dash", $"{Text(from)} {Text(to)} {Text(by)}");
        Assert.True(DpkgText.TryTakeDiversion(ref rest, out _, out _, out by));
        Assert.Equal(":", Text(by));
        Assert.False(DpkgText.TryTakeDiversion(ref rest, out _, out _, out _));
    }

    [Theory]
    [InlineData("libstdc++6", true)]
    [InlineData("../../etc", false)]
    [InlineData(".hidden", false)]
    [InlineData("a/b", false)]
    [InlineData("libc6:amd64", false)]
    [InlineData("a\nb", false)]
    [InlineData("", false)]
    public void Dpkg_Name_ThatMayStandInAPath(string name, bool isOne) => Assert.Equal(isOne, DpkgText.IsFileName(Encoding.UTF8.GetBytes(name)));

    // Of Alpine 3.19's base image, shortened: apk-tools write it so. The root folder's name is empty, links have a sum of their target, one file has none,
    // and the last package ends with the file.
    private const string Installed = """
        C:Q1Qi5jNxw8DCkMwbLkh5T1eFx1Jvs=
        P:busybox
        V:1.36.1-r15
        A:x86_64
        S:513152
        T:Size optimized toolbox of many common UNIX utilities
        D:so:libc.musl-x86_64.so.1
        F:
        R:init
        F:bin
        R:busybox
        a:0:0:755
        Z:Q1AAECAwQFBgcICQoLDA0ODxAREhM=
        R:sh
        a:0:0:777
        Z:Q1pcfTfDNEbNKQc2s1tia7da05M8Q=
        F:etc
        M:0:0:1777
        R:nothing

        P:odd
        V:1
        F:usr/bin
        R:odd
        Z:Q2AAECAwQFBgcICQoLDA0ODxAREhM=
        R:cut
        Z:Q1AAEC
        """;

    [Fact]
    public void Apk_Installed_GivesFilesWithTheirSums()
    {
        var builder = new PackageIndexBuilder(SumKind.Sha1, PathAliases.None);
        ApkText.Read(Encoding.UTF8.GetBytes(Installed), builder);
        var index = builder.Build([]);
        byte[] sum = [.. Enumerable.Range(0, 20).Select(i => (byte)i)];
        Assert.Equal((PackageVerdict.Matches, "busybox 1.36.1-r15 x86_64"), Judge(index, "/bin/busybox", sum));
        sum[0]++;
        Assert.Equal((PackageVerdict.Mismatch, "busybox 1.36.1-r15 x86_64"), Judge(index, "/bin/busybox", sum));
        Assert.Equal((PackageVerdict.OwnedWithoutSum, "busybox 1.36.1-r15 x86_64"), Judge(index, "/init", sum));
        Assert.Equal((PackageVerdict.OwnedWithoutSum, "busybox 1.36.1-r15 x86_64"), Judge(index, "/etc/nothing", sum));
        // Another algorithm, and a sum that is cut: nothing to compare.
        Assert.Equal((PackageVerdict.OwnedWithoutSum, "odd 1 "), Judge(index, "/usr/bin/odd", sum));
        Assert.Equal((PackageVerdict.OwnedWithoutSum, "odd 1 "), Judge(index, "/usr/bin/cut", sum));
        Assert.Equal((PackageVerdict.Unowned, "  "), Judge(index, "/usr/bin/evil", sum));
        Assert.Equal(6, index.Files);
    }

    [Theory]
    [InlineData("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n", "debian 12")]
    [InlineData("ID='alpine'\nVERSION_ID=3.19.1", "alpine 3.19.1")]
    [InlineData("ID=wolfi\n", "wolfi")]
    [InlineData("NAME=x\nVERSION_ID=1\nID_LIKE=debian\n", "")]
    [InlineData("ID=a\u0001b\n", "")]
    public void OsRelease_NamesTheDistribution(string text, string expected) => Assert.Equal(expected, Text(DatabaseText.Distribution(Encoding.UTF8.GetBytes(text))));

    internal static (PackageVerdict, string) Judge(PackageIndex index, string path, byte[] sum)
    {
        var (verdict, package) = index.Judge(Encoding.UTF8.GetBytes(path), sum);
        return (verdict, $"{Text(package.Name)} {Text(package.Version)} {Text(package.Architecture)}");
    }

    private static string Text(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text);
}
