#pragma warning disable CA5350, CA5351 // the databases' own sums
using System.Security.Cryptography;
using System.Text;
using Runtime.Agent.Binaries;
using Runtime.Agent.Packages;
using Runtime.Agent.Tests.Binaries;
using Runtime.Agent.Tests.Reduction;
using Xunit;

namespace Runtime.Agent.Tests.Packages;

/// <summary>Containers on a real overlay, whose image has a package database, read by the inspector that hashes their programs.</summary>
public sealed class PackageDatabasesTests : OverlayRig
{
    private static readonly byte[] Right = SHA256.HashData("right"u8);
    private const PackageFlags OfImage = PackageFlags.DatabaseOfImage | PackageFlags.FileOfImage;

    [Fact]
    public void Program_OfTheImage_MatchesItsPackage()
    {
        using var node = Node(Debian(), out var one, Alone);
        var content = Ask(node, one);
        Assert.Equal(ToolHash, content.Sha256);
        Assert.Equal("Matches DatabaseOfImage, FileOfImage tool 1.0-1 amd64 debian 12", Words(content));
    }

    [Fact]
    public void Program_ThatWasReplacedInTheImage_DoesNot()
    {
        using var node = Node(Debian(sum: MD5.HashData("another"u8)), out var one, Alone);
        Assert.Equal("Mismatch DatabaseOfImage, FileOfImage tool 1.0-1 amd64 debian 12", Words(Ask(node, one)));
        AssertCounters(node, ("packages.mismatches", 1), ("packages.matches", 0), ("packages.databases_read", 1));
    }

    [Fact]
    public void Program_OfAnAlpineImage_IsJudgedBySha1()
    {
        var image = MakeImage();
        Write(image, "lib/apk/db/installed", $"P:tool\nV:1.0-r0\nA:x86_64\nF:usr/bin\nR:tool\nZ:Q1{Convert.ToBase64String(SHA1.HashData(File.ReadAllBytes(image + Tool)))}\n\n");
        using var node = Node(image, out var one, Alone);
        Assert.Equal("Matches DatabaseOfImage, FileOfImage tool 1.0-r0 x86_64 ", Words(Ask(node, one)));
    }

    [Theory]
    [InlineData("var/lib/rpm")]
    [InlineData("usr/lib/sysimage/rpm")]
    public void Program_OfAnRpmImage_IsJudgedByTheHashThatIsTold(string folder)
    {
        using var node = Node(Redhat(ToolHash, folder), out var one, Alone);
        Assert.Equal("Matches DatabaseOfImage, FileOfImage tool 1.0-2.el9 x86_64 rhel 9.4", Words(Ask(node, one)));
        AssertCounters(node, ("packages.databases_read", 1), ("binaries.hashed_bytes", ToolSize));
    }

    [Fact]
    public void Program_ThatWasReplacedInAnRpmImage_DoesNotMatch()
    {
        using var node = Node(Redhat(SHA256.HashData("another"u8)), out var one, Alone);
        Assert.Equal("Mismatch DatabaseOfImage, FileOfImage tool 1.0-2.el9 x86_64 rhel 9.4", Words(Ask(node, one)));
    }

    /// <summary>The hash is what rpm's database names: nobody has to read the file again.</summary>
    [Fact]
    public void HashThatOtherNodesTold_IsComparedWithRpms()
    {
        using var first = Node(Redhat(ToolHash), out var one);
        Assert.Equal(PackageVerdict.Matches, Ask(first, one).Package.Verdict);
        using var second = Node(Redhat(ToolHash), out var other);
        Assert.Equal(PackageVerdict.Matches, Ask(second, other).Package.Verdict);
        AssertCounters(second, ("binaries.hashed_bytes", 0));
    }

    [Fact]
    public void RpmDatabaseThatWasAskedInTheContainer_IsStillTheImages()
    {
        using var node = Node(Redhat(ToolHash), out var one, Alone, runs: "/usr/bin/sleeper");
        foreach (var beside in (string[])["-wal", "-shm"])
            File.WriteAllText($"{one.Root}/var/lib/rpm/rpmdb.sqlite{beside}", "");
        Assert.Equal("Matches DatabaseOfImage, FileOfImage tool 1.0-2.el9 x86_64 rhel 9.4", Words(AskTool(node, one)));
    }

    [Fact]
    public void RpmDatabaseThatTheContainerWroteTo_IsNotTheImages()
    {
        using var node = Node(Redhat(ToolHash), out var one, Alone, runs: "/usr/bin/sleeper");
        File.WriteAllBytes($"{one.Root}/var/lib/rpm/rpmdb.sqlite", SqliteBuilder.Packages(RpmHeaderBuilder.Tool((Tool, Right)).Build()).Build());
        Assert.Equal("Mismatch FileOfImage tool 1.0-2.el9 x86_64 rhel 9.4", Words(AskTool(node, one)));
    }

    [Fact]
    public void RpmDatabaseWithALog_IsReadOnceTheLogIsEmpty()
    {
        var image = Redhat(ToolHash);
        Write(image, "var/lib/rpm/rpmdb.sqlite-wal", "not empty");
        using var node = Node(image, out var one, Alone, runs: "/usr/bin/sleeper");
        Assert.Equal(PackageFinding.None, AskTool(node, one).Package);
        AssertCounters(node, ("packages.rpm_unsettled", 1), ("packages.databases_read", 0));
        File.WriteAllText($"{one.Root}/var/lib/rpm/rpmdb.sqlite-wal", "");
        Assert.Equal(PackageVerdict.Matches, AskTool(node, one).Package.Verdict);
    }

    [Theory]
    [InlineData("var/lib/rpm/Packages", "packages.rpm_berkeley_db")]
    [InlineData("usr/lib/sysimage/rpm/Packages.db", "packages.rpm_ndb")]
    [InlineData("var/lib/rpm/rpmdb.sqlite", "packages.rpm_unreadable")]
    public void RpmDatabaseOfAnotherFormat_IsUnknownAndSaysWhy(string file, string reason)
    {
        var image = MakeImage();
        Write(image, file, "another format");
        using var node = Node(image, out var one, Alone);
        Assert.Equal(PackageFinding.None, Ask(node, one).Package);
        AssertCounters(node, (reason, 1), ("packages.databases_read", 0));
    }

    [Fact]
    public void Program_ThatTheContainerReplaced_IsToldAsItsOwn()
    {
        using var node = Node(Debian(), out var one, Alone, runs: "/usr/bin/sleeper");
        var bytes = File.ReadAllBytes(one.Root + Tool);
        bytes[40_000] ^= 1;
        File.WriteAllBytes(one.Root + Tool, bytes);
        Assert.Equal("Mismatch DatabaseOfImage, FileOfContainer tool 1.0-1 amd64 debian 12", Words(AskTool(node, one)));
    }

    [Fact]
    public void DatabaseThatTheContainerWroteTo_IsNotTheImages()
    {
        using var node = Node(Debian(sum: MD5.HashData("another"u8)), out var one, Alone, runs: "/usr/bin/sleeper");
        Assert.Equal(PackageVerdict.Mismatch, AskTool(node, one).Package.Verdict);
        File.WriteAllText($"{one.Root}/var/lib/dpkg/info/tool.md5sums", $"{Convert.ToHexStringLower(MD5.HashData(File.ReadAllBytes(one.Root + Tool)))}  usr/bin/tool\n");
        Assert.Equal("Matches FileOfImage tool 1.0-1 amd64 debian 12", Words(AskTool(node, one)));
    }

    /// <summary>What the container writes there would not be found under the name that is looked for.</summary>
    [Theory]
    [InlineData("var/lib/dpkg", "usr/db")]
    [InlineData("var/lib/dpkg/info", "usr/info")]
    [InlineData("var/lib/dpkg/status", "usr/status")]
    [InlineData("var", "usr/var")]
    public void DatabaseBehindALink_IsNotRead(string link, string target)
    {
        var image = Debian();
        Directory.Move($"{image}/{link}", $"{image}/{target}");
        File.CreateSymbolicLink($"{image}/{link}", "/" + target);
        using var node = Node(image, out var one, Alone);
        Assert.Equal(PackageVerdict.Unknown, Ask(node, one).Package.Verdict);
    }

    [Fact]
    public void DatabaseThatOneContainerWroteTo_IsNotTheOthersOfTheImage()
    {
        var image = Debian();
        using var node = Node(image, out var one, Alone, runs: "/usr/bin/sleeper");
        File.WriteAllText($"{one.Root}/var/lib/dpkg/info/tool.md5sums", $"{new string('0', 32)}  usr/bin/tool\n");
        Assert.Equal(PackageVerdict.Mismatch, AskTool(node, one).Package.Verdict);
        using var other = Node(image, out var two, Alone, runs: "/usr/bin/sleeper");
        Assert.Equal(PackageVerdict.Matches, AskTool(node, two).Package.Verdict);
    }

    /// <summary>By it images are compared with each other: a container must not name another one for its image.</summary>
    [Theory]
    [InlineData("usr/lib/os-release")]
    [InlineData("etc/os-release")]
    public void DistributionThatTheContainerWrote_IsNotTheImages(string path)
    {
        var image = Debian();
        Directory.CreateDirectory($"{image}/usr/lib");
        File.Move($"{image}/etc/os-release", $"{image}/usr/lib/os-release");
        File.CreateSymbolicLink($"{image}/etc/os-release", "../usr/lib/os-release");
        using var node = Node(image, out var one, Alone, runs: "/usr/bin/sleeper");
        Assert.Equal("Matches DatabaseOfImage, FileOfImage tool 1.0-1 amd64 debian 12", Words(AskTool(node, one)));
        File.Delete($"{one.Root}/{path}");
        File.WriteAllText($"{one.Root}/{path}", "ID=other\n");
        Assert.Equal("Matches FileOfImage tool 1.0-1 amd64 other", Words(AskTool(node, one)));
        using var next = Node(image, out var two, Alone, runs: "/usr/bin/sleeper");
        Assert.Equal("Matches DatabaseOfImage, FileOfImage tool 1.0-1 amd64 debian 12", Words(AskTool(node, two)));
    }

    [Fact]
    public void DatabaseOfAnImage_IsReadOnceForAllItsContainers()
    {
        var image = Debian();
        using var node = Node(image, out var one, Alone);
        _ = Ask(node, one);
        using var other = Node(image, out var two, Alone);
        Assert.Equal(PackageVerdict.Matches, Ask(node, two).Package.Verdict);
        AssertCounters(node, ("packages.databases_read", 1), ("packages.matches", 2));
    }

    [Fact]
    public void ImageWithoutADatabase_SaysNothing()
    {
        using var node = Node(MakeImage(), out var one, Alone);
        Assert.Equal(PackageFinding.None, Ask(node, one).Package);
    }

    [Fact]
    public void Program_OfNoPackage_IsUnowned()
    {
        using var node = Node(Debian(), out var one, Alone, runs: "/usr/bin/sleeper");
        Assert.Equal("Unowned DatabaseOfImage, FileOfImage    debian 12", Words(Ask(node, one)));
    }

    [Fact]
    public void HashThatOtherNodesTold_IsOfAFileThatNobodyComparedHere()
    {
        using var first = Node(Debian(), out var one);
        Assert.Equal(PackageVerdict.Matches, Ask(first, one).Package.Verdict);
        using var second = Node(Debian(), out var other);
        Assert.Equal("Unknown DatabaseOfImage, FileOfImage tool 1.0-1 amd64 debian 12", Words(Ask(second, other)));
        AssertCounters(second, ("binaries.hashed_bytes", 0));
    }

    [Fact]
    public void FileOfAContainerThatIsNotKnownYet_WaitsForWhereItsRootIs()
    {
        using var node = Node(Debian(), out var one, Alone);
        var known = one.Container with { Id = new string('b', 64), RootFolder = one.Root };
        Assert.True(node.AskExecuted(one.Process, known with { RootFolder = "", Complete = false }, Now));
        var containers = new FakeContainers();
        containers.Set(one.Process.Cgroup.Id, known);
        node.ReleaseDue(containers);
        Assert.Equal(PackageVerdict.Matches, Take(node).Package.Verdict);
    }

    [Fact]
    public void Setting_ThatIsOff_ReadsNone()
    {
        using var node = Node(Debian(), out var one, new() { Share = false, Packages = false });
        Assert.Equal(PackageFinding.None, Ask(node, one).Package);
        AssertCounters(node, ("packages.databases_read", 0));
    }

    private static BinaryOptions Alone => new() { Share = false };

    /// <summary>The process that runs is another one: the tool is asked for as what a loader was told to run.</summary>
    private static BinaryContent AskTool(BinaryInspector node, Running one)
    {
        Assert.True(node.AskPayload(new(one.Process) { Payload = Encoding.UTF8.GetBytes(Tool) }, one.Container));
        return Take(node);
    }

    private static string Words(BinaryContent content)
    {
        var finding = content.Package;
        return $"{finding.Verdict} {finding.Flags} {Text(finding.Package.Name)} {Text(finding.Package.Version)} {Text(finding.Package.Architecture)} {Text(finding.Distribution)}";
    }

    private static string Text(byte[] text) => Encoding.UTF8.GetString(text);

    /// <param name="sum">What the database says of the tool; null for what it holds.</param>
    private string Debian(byte[]? sum = null)
    {
        var image = MakeImage();
        Write(image, "etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n");
        Write(image, "var/lib/dpkg/status", "Package: tool\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n");
        Write(image, "var/lib/dpkg/info/tool.list", "/.\n/usr/bin/tool\n");
        Write(image, "var/lib/dpkg/info/tool.md5sums", $"{Convert.ToHexStringLower(sum ?? MD5.HashData(File.ReadAllBytes(image + Tool)))}  usr/bin/tool\n");
        return image;
    }

    /// <param name="sum">What the database says of the tool.</param>
    private string Redhat(byte[] sum, string folder = "var/lib/rpm")
    {
        var image = MakeImage();
        Write(image, "etc/os-release", "ID=\"rhel\"\nVERSION_ID=\"9.4\"\n");
        Directory.CreateDirectory($"{image}/{folder}");
        File.WriteAllBytes($"{image}/{folder}/rpmdb.sqlite", SqliteBuilder.Packages(RpmHeaderBuilder.Tool((Tool, sum)).Build()).Build());
        return image;
    }

    private static void Write(string image, string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName($"{image}/{path}")!);
        File.WriteAllText($"{image}/{path}", text);
    }
}
