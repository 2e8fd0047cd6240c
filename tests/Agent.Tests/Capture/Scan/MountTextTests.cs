using System.Text;
using CsCheck;
using Runtime.Agent.Capture.Scan;
using Xunit;

namespace Runtime.Agent.Tests.Capture.Scan;

public sealed class MountTextTests
{
    private const string Alphabet = " \n-/\\0:a";

    private const string Host = """
        27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
        40 27 8:17 / /data rw - xfs /dev/sdb1 rw
        41 27 0:61 / /run/pods/7/merged rw shared:3 - overlay overlay rw,lowerdir=/l,upperdir=/var/lib/snap/41/fs,workdir=/w
        42 27 0:62 / /mnt/a\040b\134c rw - tmpfs tmpfs rw
        """;

    private const string Container = """
        612 580 0:61 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/var/lib/snap/41/fs,workdir=/w
        613 612 8:17 /volumes/v1 /srv/data rw,relatime master:4 propagate_from:2 - xfs /dev/sdb1 rw
        614 612 254:0 /etc/hosts /etc/hosts rw - ext4 /dev/vda rw
        """;

    [Fact]
    public void Parse_Lines_TellsDevicesPlacesAndUpperFolders()
    {
        var entries = MountText.Parse(Encoding.UTF8.GetBytes(Host));
        Assert.Equal(4, entries.Count);
        Assert.Equal(new(254u << 20, "/", "/", "ext4", ""), entries[0]);
        Assert.Equal(new(61, "/", "/run/pods/7/merged", "overlay", "/var/lib/snap/41/fs") { LowerFolders = entries[2].LowerFolders }, entries[2]);
        Assert.Equal("/mnt/a b\\c", entries[3].Point);
    }

    [Theory]
    [InlineData("lowerdir=/a:/b\\040c,upperdir=/u", "/a|/b c")]
    [InlineData("lowerdir+=/a,lowerdir+=/b,upperdir=/u", "/a|/b")]
    [InlineData("lowerdir=l/AB:/b,upperdir=/u", "/b")]
    [InlineData("upperdir=/u", "")]
    public void Parse_Overlay_TellsLowerFoldersTopmostFirst(string options, string lower)
    {
        var entry = Assert.Single(MountText.Parse(Encoding.UTF8.GetBytes($"41 27 0:61 / /m rw - overlay overlay rw,{options}")));
        Assert.Equal(lower, string.Join('|', entry.LowerFolders));
    }

    [Theory]
    [InlineData("/var/lib/snap/41/fs/tmp/x", "/tmp/x")]
    [InlineData("/var/lib/snap/41/fs", "/")]
    [InlineData("/var/lib/snap/41/fsx/tmp", "/var/lib/snap/41/fsx/tmp")]
    [InlineData("/data/volumes/v1/file", "/srv/data/file")]
    [InlineData("/data/volumes/v2/file", "/data/volumes/v2/file")]
    [InlineData("/etc/hosts", "/etc/hosts")]
    [InlineData("/root/other", "/root/other")]
    public void Translate_PathOfTheHost_IsThatOfTheContainer(string path, string told)
    {
        var host = View(Host);
        Assert.Equal(told, View(Container).Translate(path, host));
        Assert.Equal(path, host.Translate(path, host).Replace("/run/pods/7/merged", "/var/lib/snap/41/fs", StringComparison.Ordinal));
    }

    [Fact]
    public void Upper_PathOnTheOverlay_IsBelowItsUpperFolder()
    {
        var view = View(Container);
        Assert.Equal(("/var/lib/snap/41/fs", "/tmp/x"), view.Upper("/tmp/x"));
        Assert.Null(view.Upper("/srv/data/x"));
        Assert.Null(view.Upper("/etc/hosts"));
    }

    [Fact]
    public void Parse_AnyBytes_NeverThrows() =>
        Gen.Int[0, Alphabet.Length - 1].Select(i => (byte)Alphabet[i]).Array[0, 200]
            .Sample(bytes => { MountText.Parse(bytes); }, iter: 50_000, threads: 1);

    private static MountView View(string text) => new(MountText.Parse(Encoding.UTF8.GetBytes(text)));
}
