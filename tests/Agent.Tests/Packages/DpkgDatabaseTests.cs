#pragma warning disable CA5350, CA5351 // the databases' own sums
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Runtime.Agent.Packages;
using Xunit;

namespace Runtime.Agent.Tests.Packages;

/// <summary>Databases in folders of the test's own, and this machine's.</summary>
public sealed class DpkgDatabaseTests(ITestOutputHelper output) : IDisposable
{
    private static readonly byte[] Right = MD5.HashData("right"u8), Wrong = MD5.HashData("wrong"u8), Other = MD5.HashData("other"u8);
    private readonly string _root = Directory.CreateTempSubdirectory("runtime-dpkg-").FullName;

    [Fact]
    public void File_OfAPackage_IsJudgedByItsSum()
    {
        Package("curl", "7.88.1-10", "/.\n/usr\n/usr/bin\n/usr/bin/curl\n/etc/curl.conf\n", ("usr/bin/curl", Right));
        var index = Read();
        Assert.Equal((PackageVerdict.Matches, "curl 7.88.1-10 amd64"), Judge(index, "/usr/bin/curl", Right));
        Assert.Equal((PackageVerdict.Mismatch, "curl 7.88.1-10 amd64"), Judge(index, "/usr/bin/curl", Wrong));
        Assert.Equal((PackageVerdict.Unknown, "curl 7.88.1-10 amd64"), Judge(index, "/usr/bin/curl", []));
        Assert.Equal((PackageVerdict.OwnedWithoutSum, "curl 7.88.1-10 amd64"), Judge(index, "/etc/curl.conf", Wrong));
        Assert.Equal((PackageVerdict.Unowned, "  "), Judge(index, "/usr/bin/evil", Wrong));
        Assert.Equal((SumKind.Md5, SumKind.None, SumKind.None), (Needs(index, "/usr/bin/curl"), Needs(index, "/etc/curl.conf"), Needs(index, "/usr/bin/evil")));
    }

    [Fact]
    public void Package_WithoutSums_OwnsAndProvesNothing()
    {
        Package("odd", "1", "/usr/bin/odd\n");
        Assert.Equal((PackageVerdict.OwnedWithoutSum, "odd 1 amd64"), Judge(Read(), "/usr/bin/odd", Wrong));
    }

    [Fact]
    public void Package_WithoutAList_MakesUnownedFilesUnknown()
    {
        Package("curl", "1", "/usr/bin/curl\n", ("usr/bin/curl", Right));
        Package("stripped", "1", null);
        var index = Read();
        Assert.Equal(PackageVerdict.Matches, Judge(index, "/usr/bin/curl", Right).Verdict);
        Assert.Equal(PackageVerdict.Unknown, Judge(index, "/usr/bin/evil", Wrong).Verdict);
    }

    [Fact]
    public void Package_ThatIsRemoved_OwnsNothing()
    {
        Package("gone", "1", "/usr/bin/gone\n", "deinstall ok config-files", "", ("usr/bin/gone", Right));
        Package("here", "1", "/usr/bin/here\n", ("usr/bin/here", Right));
        Assert.Equal(PackageVerdict.Unowned, Judge(Read(), "/usr/bin/gone", Right).Verdict);
    }

    [Fact]
    public void FileThatAnotherPackageTookOver_IsJudgedByThatOne()
    {
        // dpkg takes it from the list of the first, and leaves its sum.
        Package("old", "1", "/usr/bin/other\n", ("usr/bin/tool", Wrong), ("usr/bin/other", Other));
        Package("new", "2", "/usr/bin/tool\n", ("usr/bin/tool", Right));
        Assert.Equal((PackageVerdict.Matches, "new 2 amd64"), Judge(Read(), "/usr/bin/tool", Right));
        Assert.Equal((PackageVerdict.Mismatch, "new 2 amd64"), Judge(Read(), "/usr/bin/tool", Wrong));
    }

    [Fact]
    public void FileOfTwoPackages_IsRightForEither()
    {
        Package("first", "1", "/usr/bin/tool\n", ("usr/bin/tool", Right));
        Package("second", "1", "/usr/bin/tool\n", ("usr/bin/tool", Other));
        Assert.Equal("first 1 amd64", Judge(Read(), "/usr/bin/tool", Right).Package);
        Assert.Equal("second 1 amd64", Judge(Read(), "/usr/bin/tool", Other).Package);
        Assert.Equal(PackageVerdict.Mismatch, Judge(Read(), "/usr/bin/tool", Wrong).Verdict);
    }

    [Fact]
    public void DivertedFile_IsLookedForWhereItLies()
    {
        Package("dash", "1", "/bin/sh\n", ("bin/sh", Right));
        Package("bash", "1", "/bin/sh\n", ("bin/sh", Other));
        Write("var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib\ndash\n");
        var index = Read();
        Assert.Equal((PackageVerdict.Matches, "dash 1 amd64"), Judge(index, "/bin/sh", Right));
        Assert.Equal((PackageVerdict.Matches, "bash 1 amd64"), Judge(index, "/bin/sh.distrib", Other));
        Assert.Equal(PackageVerdict.Mismatch, Judge(index, "/bin/sh", Other).Verdict);
    }

    [Fact]
    public void LibrariesOfSeveralArchitectures_AreFoundByTheirNamesWithOne()
    {
        Package("libc6", "2.36", "/lib/x86_64-linux-gnu/libc.so.6\n", "install ok installed", "Multi-Arch: same\n", ("lib/x86_64-linux-gnu/libc.so.6", Right));
        Assert.Equal((PackageVerdict.Matches, "libc6 2.36 amd64"), Judge(Read(), "/lib/x86_64-linux-gnu/libc.so.6", Right));
    }

    [Theory]
    [InlineData("bin", "usr/bin", "bin/cat", "/usr/bin/cat")] // the database is older than the merge
    [InlineData("bin", "usr/bin", "usr/bin/cat", "/usr/bin/cat")]
    [InlineData("usr/sbin", "bin", "usr/sbin/tool", "/usr/bin/tool")]
    [InlineData("usr/bin", "../bin", "usr/bin/cat", "/bin/cat")] // merged the other way
    [InlineData("lib64", "/usr/lib64", "lib64/ld.so", "/usr/lib64/ld.so")]
    public void FolderThatIsALink_IsFoundByEitherName(string link, string target, string inDatabase, string asExecuted)
    {
        Directory.CreateDirectory(Path.Join(_root, "usr/bin"));
        Directory.CreateDirectory(Path.Join(_root, Path.GetDirectoryName(asExecuted)));
        if (Directory.Exists(Path.Join(_root, link)))
            Directory.Delete(Path.Join(_root, link));
        File.CreateSymbolicLink(Path.Join(_root, link), target);
        Package("p", "1", $"/{inDatabase}\n", (inDatabase, Right));
        Assert.Equal(PackageVerdict.Matches, Judge(Read(), asExecuted, Right).Verdict);
    }

    [Fact]
    public void FoldersThatAreNoLinks_HoldFilesOfTheirOwn()
    {
        Directory.CreateDirectory(Path.Join(_root, "bin"));
        Directory.CreateDirectory(Path.Join(_root, "usr/bin"));
        Package("p", "1", "/bin/cat\n", ("bin/cat", Right));
        Assert.Equal(PackageVerdict.Unowned, Judge(Read(), "/usr/bin/cat", Wrong).Verdict);
    }

    [Fact]
    public void DistrolessFolder_IsRead()
    {
        Write("var/lib/dpkg/status.d/libssl3", "Package: libssl3\nVersion: 3.0.15-1~deb12u1\nArchitecture: amd64\nDescription: x\n");
        Write("var/lib/dpkg/status.d/libssl3.md5sums", Sums(("usr/lib/x86_64-linux-gnu/libssl.so.3", Right)));
        var index = Read();
        Assert.Equal((PackageVerdict.Matches, "libssl3 3.0.15-1~deb12u1 amd64"), Judge(index, "/usr/lib/x86_64-linux-gnu/libssl.so.3", Right));
        Assert.Equal(PackageVerdict.Mismatch, Judge(index, "/usr/lib/x86_64-linux-gnu/libssl.so.3", Wrong).Verdict);
        Assert.Equal(PackageVerdict.Unowned, Judge(index, "/app", Wrong).Verdict);
    }

    [Fact]
    public void NamesThatLeadOut_AndFilesThatAreNone_AreNotRead()
    {
        Package("good", "1", "/usr/bin/good\n", ("usr/bin/good", Right));
        File.AppendAllText(Path.Join(_root, "var/lib/dpkg/status"), "Package: ../../../../etc/passwd\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n");
        Package("link", "1", null);
        File.CreateSymbolicLink(Path.Join(_root, "var/lib/dpkg/info/link.list"), "/proc/self/environ");
        Package("folder", "1", null);
        Directory.CreateDirectory(Path.Join(_root, "var/lib/dpkg/info/folder.list"));
        var index = Read();
        Assert.Equal(1, index.Files);
        Assert.False(index.IsComplete);
    }

    [Fact]
    public void DatabaseOverItsBound_IsReadInPartAndNotComplete()
    {
        Package("first", "1", "/usr/bin/first\n", ("usr/bin/first", Right));
        Package("second", "1", "/usr/bin/second\n", ("usr/bin/second", Right));
        var index = Read(maxBytes: new FileInfo(Path.Join(_root, "var/lib/dpkg/status")).Length + 1);
        Assert.Equal(PackageVerdict.Matches, Judge(index, "/usr/bin/first", Right).Verdict);
        Assert.Equal(PackageVerdict.Unknown, Judge(index, "/usr/bin/second", Right).Verdict);
    }

    [Fact]
    public void Builder_ThatIsFull_TakesNoMoreAndSaysSo()
    {
        var builder = new PackageIndexBuilder(SumKind.Md5, PathAliases.None);
        for (var i = 0ul; i < PackageIndexBuilder.MaxFiles; i++)
            builder.Own(0, i + 1, null);
        Assert.True(builder.IsComplete);
        builder.Own(0, ulong.MaxValue, null);
        Assert.Equal((PackageIndexBuilder.MaxFiles, false), (builder.Files, builder.IsComplete));
    }

    /// <summary>Real packages with all their odd cases: what they say of this machine's programs is so.</summary>
    [Fact]
    public void DatabaseOfThisMachine_HasItsPrograms()
    {
        Assert.SkipUnless(File.Exists("/var/lib/dpkg/status"), "no Debian");
        using var root = ContainerRoot.Open("/")!;
        var builder = new PackageIndexBuilder(SumKind.Md5, PathAliases.Of(root));
        var clock = Stopwatch.StartNew();
        DpkgDatabase.Read(root, builder, 1L << 30);
        var index = builder.Build([]);
        output.WriteLine($"{index.Files} files, {root.BytesRead} bytes in {clock.Elapsed.TotalMilliseconds:0} ms");
        foreach (var program in (string[])["/bin/cat", "/bin/sh", "/usr/bin/sort", "/usr/bin/dpkg", "/lib64/ld-linux-x86-64.so.2"])
        {
            var real = root.Resolve(program[1..])!;
            var sum = MD5.HashData(File.ReadAllBytes("/" + real));
            Assert.Equal((program, PackageVerdict.Matches), (program, Judge(index, "/" + real, sum).Verdict));
            sum[0]++;
            Assert.Equal((program, PackageVerdict.Mismatch), (program, Judge(index, "/" + real, sum).Verdict));
        }
        Assert.Equal(PackageVerdict.Unowned, Judge(index, "/usr/bin/no-such-program", Wrong).Verdict);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private PackageIndex Read(long maxBytes = 1 << 20)
    {
        using var root = ContainerRoot.Open(_root)!;
        var builder = new PackageIndexBuilder(SumKind.Md5, PathAliases.Of(root));
        DpkgDatabase.Read(root, builder, maxBytes);
        return builder.Build([]);
    }

    private void Package(string name, string version, string? list, params (string Path, byte[] Sum)[] sums) => Package(name, version, list, "install ok installed", "", sums);

    private void Package(string name, string version, string? list, string status, string more, params (string Path, byte[] Sum)[] sums)
    {
        Directory.CreateDirectory(Path.Join(_root, "var/lib/dpkg/info"));
        File.AppendAllText(Path.Join(_root, "var/lib/dpkg/status"), $"Package: {name}\nStatus: {status}\nVersion: {version}\nArchitecture: amd64\n{more}Description: x\n\n");
        var file = $"var/lib/dpkg/info/{name}{(more.Contains("same", StringComparison.Ordinal) ? ":amd64" : "")}";
        if (list is not null)
            Write(file + ".list", list);
        if (sums.Length > 0)
            Write(file + ".md5sums", Sums(sums));
    }

    private void Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(_root, path))!);
        File.WriteAllText(Path.Join(_root, path), text);
    }

    private static string Sums(params (string Path, byte[] Sum)[] sums) => string.Concat(sums.Select(sum => $"{Convert.ToHexStringLower(sum.Sum)}  {sum.Path}\n"));

    private static SumKind Needs(PackageIndex index, string path) => index.Needs(Encoding.UTF8.GetBytes(path));

    private static (PackageVerdict Verdict, string Package) Judge(PackageIndex index, string path, byte[] sum) => DatabaseTextTests.Judge(index, path, sum);
}
