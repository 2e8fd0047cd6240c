using Runtime.Collector.Baselines;
using Runtime.Collector.Fleet;
using Xunit;

namespace Runtime.Collector.Tests.Fleet;

public sealed class PackageContentsTests
{
    private const ulong Usual = 1, Odd = 2;
    private static readonly PackagedFile File = new(10, 20, Usual), Other = File with { Content = Odd };
    private readonly PackageContents _contents = new() { IsWhole = true };

    [Theory]
    [InlineData(4, 1, 4, 5, true)] // 0.8
    [InlineData(7, 1, 7, 8, true)]
    [InlineData(3, 1, 0, 0, false)] // 0.75
    [InlineData(7, 3, 0, 0, false)] // 0.7
    [InlineData(2, 1, 0, 0, false)] // too few to be a majority
    [InlineData(1, 1, 0, 0, false)]
    [InlineData(0, 3, 3, 3, false)] // the odd one is the usual one
    public void Content_OfFew_IsAMinorityWhereTheOthersAgree(int usual, int odd, int agreeing, int images, bool isMinority)
    {
        Note(File, 0, usual);
        Note(Other, 100, odd);
        Assert.Equal(new FleetContent(agreeing, images, isMinority), _contents.Compare(Other, Image(100)));
    }

    [Fact]
    public void Fleet_ThatIsNotYetRead_IsNotCompared()
    {
        Note(File, 0, 4);
        _contents.IsWhole = false;
        Assert.Equal(default, _contents.Compare(Other, Image(100)));
        Assert.Equal(default, _contents.Compare(File, Image(0)));
    }

    [Fact]
    public void Content_ThatThreeImagesAgreeOn_IsVerified()
    {
        Note(File, 0, 2);
        Assert.False(_contents.Compare(File, Image(0)).IsVerified);
        Note(File, 2, 1);
        Assert.True(_contents.Compare(File, Image(0)).IsVerified);
    }

    [Fact]
    public void Image_ThatIsNoWitness_CountsAmongAll()
    {
        Note(File, 0, 3);
        Assert.Equal(default, _contents.Compare(Other, Image(100)));
        Note(File, 3, 1);
        Assert.Equal(new FleetContent(4, 5, true), _contents.Compare(Other, Image(100)));
    }

    /// <summary>Versions of one repository, and copies of one image under other names.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Images_ThatAreTheSame_AreOneWitness(bool ofRepository)
    {
        for (ulong i = 0; i < 9; i++)
        {
            _contents.Note(File, ofRepository ? new ImageIdentity(7, 50 + i) : new ImageIdentity(50 + i, 7));
        }

        Note(File, 0, 1);
        Assert.Equal(default, _contents.Compare(Other, Image(100)));
    }

    [Theory]
    [InlineData(11, 20)]
    [InlineData(10, 21)]
    public void AnotherPathOrPackage_IsAnotherFile(int path, int package)
    {
        Note(File, 0, 9);
        Assert.Equal(default, _contents.Compare(new PackagedFile((ulong)path, (ulong)package, Odd), Image(100)));
    }

    [Fact]
    public void ContentsOfOneImageEach_LeaveForTheNext()
    {
        for (ulong i = 0; i < 50; i++)
        {
            _contents.Note(File with { Content = 1000 + i }, Image(500));
        }

        Note(File, 0, 4);
        Assert.Equal(new FleetContent(4, 5, true), _contents.Compare(Other, Image(500)));
    }

    [Fact]
    public void ContentsThatSeveralHave_KeepTheirPlaces()
    {
        for (ulong content = 1; content <= PackageContents.MaxContents; content++)
        {
            Note(File with { Content = content }, content == 1 ? 100 : 200, content == 1 ? 12 : 2);
        }

        Note(File with { Content = 99 }, 900, 3);
        Assert.Equal(new FleetContent(12, 14, false), _contents.Compare(File, Image(100)));
        Assert.Equal(new FleetContent(12, 15, true), _contents.Compare(File with { Content = 99 }, Image(900)));
    }

    [Fact]
    public void ImagesOfAContent_AreBounded()
    {
        Note(File, 0, 10 * PackageContents.MaxImages);
        Assert.Equal(new FleetContent(PackageContents.MaxImages, PackageContents.MaxImages + 1, true), _contents.Compare(Other, Image(9000)));
    }

    [Fact]
    public void MoreFilesThanThereIsRoomFor_LoseThoseOfOneImage()
    {
        Note(File, 0, 3);
        for (ulong i = 0; i <= PackageContents.MaxFiles; i++)
        {
            _contents.Note(new PackagedFile(1_000_000 + i, 20, Usual), Image(0));
        }

        Assert.InRange(_contents.Files, 2, PackageContents.MaxFiles);
        Assert.True(_contents.Evicted > 0);
        Assert.True(_contents.Compare(File, Image(0)).IsVerified);
    }

    [Theory]
    [InlineData("docker.io/library/nginx:1.27", "docker.io/library/nginx:1.28", true)]
    [InlineData("registry:5000/shop/web:1@sha256:00", "registry:5000/shop/web", true)]
    [InlineData("registry:5000/web", "registry:5001/web", false)]
    [InlineData("shop/web:1", "shop/api:1", false)]
    public void Repository_IsTheNameWithoutTagAndDigest(string one, string two, bool isSame) =>
        Assert.Equal(isSame, ImageIdentity.Of(one, "sha256:a")!.Value.Repository == ImageIdentity.Of(two, "sha256:b")!.Value.Repository);

    [Theory]
    [InlineData("", "sha256:a")]
    [InlineData("web:1", "")]
    [InlineData("sha256:0123", "sha256:a")]
    public void ImageWithoutANameOrDigest_IsNoWitness(string name, string digest) => Assert.Null(ImageIdentity.Of(name, digest));

    private void Note(PackagedFile file, int first, int images)
    {
        for (var i = first; i < first + images; i++)
        {
            _contents.Note(file, Image(i));
        }
    }

    private static ImageIdentity Image(int i) => new((ulong)(10_000 + i), (ulong)(20_000 + i));
}
