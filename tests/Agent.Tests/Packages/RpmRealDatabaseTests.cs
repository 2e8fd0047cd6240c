using System.Diagnostics;
using System.Security.Cryptography;
using Runtime.Agent.Packages;
using Xunit;

namespace Runtime.Agent.Tests.Packages;

/// <summary>Databases that rpm itself made.</summary>
public sealed class RpmRealDatabaseTests : IClassFixture<RpmRealDatabaseTests.Installed>
{
    private const string Folder = "var/lib/rpm";
    private readonly Installed _installed;
    private readonly ITestOutputHelper _output;

    public RpmRealDatabaseTests(Installed installed, ITestOutputHelper output)
    {
        Assert.SkipUnless(Installed.IsPossible, "needs root, and rpm: deploy/install-packages.sh tests");
        (_installed, _output) = (installed, output);
    }

    [Fact]
    public void FilesOfPackages_AreJudgedByWhatRpmWrote()
    {
        var index = Read();
        Assert.True(index.IsComplete);
        var tool = SHA256.HashData("tool\n"u8);
        Assert.Equal((PackageVerdict.Matches, "tool 1:1.0-2.el9 noarch"), Judge(index, "/usr/bin/tool", tool));
        Assert.Equal((PackageVerdict.Mismatch, "tool 1:1.0-2.el9 noarch"), Judge(index, "/usr/bin/tool", SHA256.HashData("evil"u8)));
        Assert.Equal(PackageVerdict.OwnedWithoutSum, Judge(index, "/etc/tool.conf", tool).Verdict);
        Assert.Equal(PackageVerdict.OwnedWithoutSum, Judge(index, "/var/log/tool.log", tool).Verdict);
        Assert.Equal(PackageVerdict.OwnedWithoutSum, Judge(index, "/usr/bin/link", tool).Verdict);
        Assert.Equal(PackageVerdict.OwnedWithoutSum, Judge(index, "/usr/bin/patched", tool).Verdict);
        Assert.Equal(PackageVerdict.Unowned, Judge(index, "/usr/bin/evil", tool).Verdict);
        Assert.Equal(PackageVerdict.Unowned, Judge(index, "/opt/many", tool).Verdict);
    }

    /// <summary>Its header is longer than a page by far, and the packages are too many for one leaf.</summary>
    [Fact]
    public void ManyFilesAndPackages_AreAllThere()
    {
        var index = Read();
        Assert.All(Enumerable.Range(1, 500), i => Assert.Equal((PackageVerdict.Matches, "tool-many 1:1.0-2.el9 noarch"), Judge(index, $"/opt/many/file-{i}", SHA256.HashData(System.Text.Encoding.ASCII.GetBytes($"{i}\n")))));
        Assert.All(Enumerable.Range(1, 12), i => Assert.Equal($"tool-p{i} 1:1.0-2.el9 noarch", Judge(index, $"/opt/p{i}", []).Package));
    }

    /// <summary>The one that was replaced says so in its state; both are in the database.</summary>
    [Fact]
    public void FileThatAnotherPackageReplaced_IsJudgedByThatOne()
    {
        var index = Read();
        Assert.Equal((PackageVerdict.Matches, "other 1-1 noarch"), Judge(index, "/usr/bin/taken", SHA256.HashData("other\n"u8)));
        Assert.Equal(PackageVerdict.Mismatch, Judge(index, "/usr/bin/taken", SHA256.HashData("tool\n"u8)).Verdict);
    }

    [Fact]
    public void Database_ThatAWriterHasOpen_IsUnsettled()
    {
        var file = Path.Join(_installed.Root, Folder, "rpmdb.sqlite-wal");
        Assert.Equal(0, new FileInfo(file).Length);
        File.WriteAllBytes(file, [1]);
        try
        {
            Assert.Equal(DatabaseGap.Unsettled, Read(out _));
        }
        finally
        {
            File.WriteAllBytes(file, []);
        }
    }

    private PackageIndex Read()
    {
        var clock = Stopwatch.StartNew();
        Assert.Equal(DatabaseGap.None, Read(out var index));
        _output.WriteLine($"{index.Files} files in {clock.Elapsed.TotalMilliseconds:0} ms");
        return index;
    }

    private DatabaseGap Read(out PackageIndex index)
    {
        using var root = ContainerRoot.Open(_installed.Root)!;
        var builder = new PackageIndexBuilder(SumKind.Sha256, PathAliases.Of(root));
        var gap = RpmDatabase.Read(root, Folder + "/rpmdb.sqlite", builder, 1 << 26);
        index = builder.Build([]);
        return gap;
    }

    private static (PackageVerdict Verdict, string Package) Judge(PackageIndex index, string path, byte[] sum) => DatabaseTextTests.Judge(index, path, sum);

    /// <summary>A root into which rpm installed packages that rpmbuild built.</summary>
    public sealed class Installed : IDisposable
    {
        private const string Spec = """
            Name: tool
            Epoch: 1
            Version: 1.0
            Release: 2.el9
            Summary: x
            License: x
            BuildArch: noarch
            %description
            x
            %package many
            Summary: x
            %description many
            x
            %install
            mkdir -p %{buildroot}/usr/bin %{buildroot}/etc %{buildroot}/var/log %{buildroot}/opt/many
            for f in tool patched taken; do echo tool > %{buildroot}/usr/bin/$f; done
            ln -s tool %{buildroot}/usr/bin/link
            echo x > %{buildroot}/etc/tool.conf
            touch %{buildroot}/var/log/tool.log
            for i in $(seq 500); do echo $i > %{buildroot}/opt/many/file-$i; done
            for i in $(seq 12); do echo $i > %{buildroot}/opt/p$i; done
            %files
            /usr/bin/tool
            /usr/bin/taken
            /usr/bin/link
            %verify(not filedigest) /usr/bin/patched
            %config(noreplace) /etc/tool.conf
            %ghost /var/log/tool.log
            %files many
            /opt/many

            """;

        private const string Other = """
            Name: other
            Version: 1
            Release: 1
            Summary: x
            License: x
            BuildArch: noarch
            %description
            x
            %install
            mkdir -p %{buildroot}/usr/bin
            echo other > %{buildroot}/usr/bin/taken
            %files
            /usr/bin/taken
            """;

        private readonly string _folder = Directory.CreateTempSubdirectory("runtime-rpm-").FullName;

        public Installed()
        {
            if (!IsPossible)
                return;
            File.WriteAllText(_folder + "/tool.spec", Spec + string.Concat(Enumerable.Range(1, 12).Select(i => $"%package p{i}\nSummary: x\n%description p{i}\nx\n%files p{i}\n/opt/p{i}\n")));
            File.WriteAllText(_folder + "/other.spec", Other);
            foreach (var spec in (string[])["tool", "other"])
                Run("rpmbuild", "-bb", "--quiet", "--define", $"_topdir {_folder}", $"{_folder}/{spec}.spec");
            // Debian's own place of the database is the user's home.
            foreach (var package in (string[])["tool-1", "tool-m", "tool-p", "other-"])
                Run("rpm", ["--root", Root, "--define", $"_dbpath /{Folder}", "-i", "--nodeps", "--noscripts", "--replacefiles", .. Directory.GetFiles(_folder + "/RPMS/noarch", package + "*")]);
        }

        /// <summary>rpm changes its root to install.</summary>
        public static bool IsPossible => Environment.IsPrivilegedProcess && File.Exists("/usr/bin/rpmbuild");

        public string Root => _folder + "/root";

        public void Dispose() => Directory.Delete(_folder, recursive: true);

        private static void Run(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var output = process.StandardOutput.ReadToEndAsync();
            var errors = process.StandardError.ReadToEnd();
            process.WaitForExit();
            Assert.True(process.ExitCode == 0, $"{program}: {errors}{output.Result}");
        }
    }
}
