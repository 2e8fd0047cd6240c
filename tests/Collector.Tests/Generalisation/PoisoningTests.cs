using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Tests.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Generalisation;

/// <summary>What an attacker writes again and again while a deployment learns must not teach it that such names are usual.</summary>
public sealed class PoisoningTests
{
    private readonly Uploads _uploads = new();

    [Theory]
    [MemberData(nameof(ProtectionTests.Folders), MemberType = typeof(ProtectionTests))]
    public void NamesInAProtectedFolder_AreNeverGeneralised(string folder) => AreNeverGeneralised(() => $"{folder}{_uploads.Word()}.jpg");

    [Theory]
    [InlineData(".so")]
    [InlineData(".so.3")]
    [InlineData(".php")]
    [InlineData(".phtml")]
    [InlineData(".jsp")]
    [InlineData(".war")]
    [InlineData(".sh")]
    [InlineData(".py")]
    [InlineData(".pl")]
    public void NamesThatCanBeRun_AreNeverGeneralised(string extension) => AreNeverGeneralised(() => $"/srv/up/{_uploads.Word()}{extension}");

    [Theory]
    [InlineData((int)FileOperation.ChmodExecutable)]
    [InlineData((int)FileOperation.ChmodSpecial)]
    [InlineData((int)FileOperation.Xattr)]
    [InlineData((int)FileOperation.MakeNode)]
    [InlineData((int)FileOperation.Symlink)]
    [InlineData((int)FileOperation.MapExecutable)]
    [InlineData((int)FileOperation.SensitiveWrite)]
    public void OtherOperations_AreNeverGeneralised(int operation) => AreNeverGeneralised(() => $"/srv/up/{_uploads.Word()}.jpg", (FileOperation)operation);

    [Fact]
    public void FilesMadeExecutable_AreNeverGeneralised() => AreNeverGeneralised(() => $"/srv/up/{_uploads.Word()}.jpg", flags: FileFlags.Executable);

    /// <summary>The folder that a wide template could reach over is looked at again when a name is looked up.</summary>
    [Theory]
    [InlineData("/opt/abcdefghijklmn/bin/zyxwvutsrqponm.jpg")]
    [InlineData("/home/abcdefghijklmn/.ssh/zyxwvutsrqponm.jpg")]
    public void TemplateAbove_DoesNotReachIntoAProtectedFolder(string path)
    {
        _uploads.Hours(8, 10, () => $"/opt/{_uploads.Word()}/{_uploads.Word(3)}/{_uploads.Word()}.jpg");
        _uploads.Hours(8, 10, () => $"/home/{_uploads.Word()}/.{_uploads.Word(3)}/{_uploads.Word()}.jpg");
        Assert.Equal(
            ["/usr/sbin/nginx|create|/home/%{letters 14}/.%{letters 3}/%{letters 14}.jpg|other", "/usr/sbin/nginx|create|/opt/%{letters 14}/%{letters 3}/%{letters 14}.jpg|other"],
            _uploads.Keys);
        _uploads.Write(path);
        Assert.Contains(_uploads.Keys, key => key.Contains(path, StringComparison.Ordinal));
    }

    /// <summary>No name can be written so that its key is a template's.</summary>
    [Fact]
    public void NameThatLooksLikeATemplate_IsANameLikeAnyOther()
    {
        _uploads.Write("/srv/up/%{any}");
        _uploads.Write("/srv/up/%{letters}.jpg");
        Assert.Equal(["/usr/sbin/nginx|create|/srv/up/%25{any}|other", "/usr/sbin/nginx|create|/srv/up/%25{letters}.jpg|other"], _uploads.Keys);
        _uploads.Write("/srv/up/core");
        Assert.Equal(3, _uploads.Items.Count);
        Assert.All(_uploads.Items, item => Assert.Equal(0, item.Names));
    }

    /// <summary>One replica of three, for two weeks.</summary>
    [Fact]
    public void OneReplicaOfThree_TeachesNothing()
    {
        var three = new Uploads(replicas: 3);
        three.Web.Locked(hours: 30, replicas: 0);
        for (var hour = 0; hour < 14 * 24; hour++)
        {
            three.Write($"/tmp/{three.Word()}", replica: 0);
            three.Hours(1, 0, () => "");
        }

        Assert.DoesNotContain(three.Items, item => item.Names > 0);
        Assert.All(three.Items, item => Assert.Equal("pending", item.State));
    }

    private void AreNeverGeneralised(Func<string> path, FileOperation operation = FileOperation.Create, FileFlags flags = FileFlags.None)
    {
        _uploads.Hours(8, 6, path, operation, flags);

        // The same names and hours elsewhere are: what holds here is the protection alone.
        _uploads.Hours(8, 6, () => $"/srv/free/{_uploads.Word()}.jpg");
        var template = Assert.Single(_uploads.Items, item => item.Names > 0);
        Assert.Equal("/usr/sbin/nginx|create|/srv/free/%{letters 14}.jpg|other", template.Key);
        Assert.Equal(48, _uploads.Items.Count(item => item.Names == 0));
    }
}
