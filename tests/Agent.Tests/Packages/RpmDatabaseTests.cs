using System.Buffers.Binary;
using System.Security.Cryptography;
using CsCheck;
using Runtime.Agent.Binaries;
using Runtime.Agent.Packages;
using Xunit;

namespace Runtime.Agent.Tests.Packages;

/// <summary>Files and headers made byte by byte, with what no sound one has.</summary>
public sealed class RpmDatabaseTests
{
    private static readonly byte[] Right = SHA256.HashData("right"u8), Wrong = SHA256.HashData("wrong"u8);

    [Fact]
    public void Header_OfAPackage_NamesFilesByFolderAndDigest()
    {
        var index = Read(RpmHeaderBuilder.Tool(("/usr/bin/tool", Right), ("/usr/lib64/tool.so", Wrong)));
        Assert.Equal((PackageVerdict.Matches, "tool 1.0-2.el9 x86_64"), Judge(index, "/usr/bin/tool", Right));
        Assert.Equal((PackageVerdict.Mismatch, "tool 1.0-2.el9 x86_64"), Judge(index, "/usr/bin/tool", Wrong));
        Assert.Equal(PackageVerdict.Matches, Judge(index, "/usr/lib64/tool.so", Wrong).Verdict);
        Assert.Equal((PackageVerdict.Unowned, "  "), Judge(index, "/usr/bin/evil", Right));
    }

    [Fact]
    public void Version_HasTheEpoch_WhereThereIsOne() =>
        Assert.Equal("tool 3:1.0-2.el9 x86_64", Judge(Read(RpmHeaderBuilder.Tool(("/usr/bin/tool", Right)).Numbers(1003, 3)), "/usr/bin/tool", Right).Package);

    /// <summary>Config, ghost, a digest that the packager does not want to be compared, no regular file, a file on a shared net path: it is the package's, and may hold anything.</summary>
    [Theory]
    [InlineData(1037, 4, 1, PackageVerdict.OwnedWithoutSum)]
    [InlineData(1037, 4, 64, PackageVerdict.OwnedWithoutSum)]
    [InlineData(1037, 4, 2, PackageVerdict.Mismatch)]
    [InlineData(1045, 4, -2, PackageVerdict.OwnedWithoutSum)]
    [InlineData(1045, 4, 1, PackageVerdict.Mismatch)]
    [InlineData(1030, 3, 0xA1FF, PackageVerdict.OwnedWithoutSum)]
    [InlineData(1030, 3, 0x41ED, PackageVerdict.Unowned)]
    [InlineData(1030, 3, 0x81ED, PackageVerdict.Mismatch)]
    [InlineData(1029, 1, 3, PackageVerdict.OwnedWithoutSum)]
    [InlineData(1029, 1, 0, PackageVerdict.Mismatch)]
    // Replaced by another package, not installed, another architecture's, missing: what lies there is not this package's.
    [InlineData(1029, 1, 1, PackageVerdict.Unowned)]
    [InlineData(1029, 1, 2, PackageVerdict.Unowned)]
    [InlineData(1029, 1, 4, PackageVerdict.Unowned)]
    [InlineData(1029, 1, -1, PackageVerdict.Unowned)]
    // MD5, as rpm 4.5 had it.
    [InlineData(5011, 4, 1, PackageVerdict.OwnedWithoutSum)]
    internal void File_IsJudged_AsItsTagsSay(int tag, int type, int value, PackageVerdict wanted)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        var header = RpmHeaderBuilder.Tool(("/usr/bin/tool", Right)).Raw(tag, type, 1, type == 4 ? bytes : type == 3 ? bytes[2..] : bytes[3..]);
        Assert.Equal(wanted, Judge(Read(header), "/usr/bin/tool", Wrong).Verdict);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00112233445566778899aabbccddeeff")]
    [InlineData("zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")]
    public void Digest_ThatIsNoSha256_ProvesNothing(string digest) =>
        Assert.Equal(PackageVerdict.OwnedWithoutSum, Judge(Read(RpmHeaderBuilder.Tool(("/usr/bin/tool", Right)).Texts(1035, digest)), "/usr/bin/tool", Wrong).Verdict);

    [Fact]
    public void TagThatWasAddedAtInstallation_HasTheLastWord() =>
        Assert.Equal(PackageVerdict.Matches, Judge(Read(RpmHeaderBuilder.Tool(("/usr/bin/tool", Right)).Texts(1117, "other")), "/usr/bin/other", Right).Verdict);

    [Fact]
    public void PackageWithoutFiles_LeavesTheIndexComplete()
    {
        var index = Index(new RpmHeaderBuilder().Text(1000, "gpg-pubkey").Text(1001, "fd431d51").Text(1002, "4ae0493b").Build());
        Assert.Equal((0, true), (index.Files, index.IsComplete));
    }

    public static TheoryData<string, byte[]> BrokenHeaders()
    {
        var sound = () => RpmHeaderBuilder.Tool(("/usr/bin/tool", Right), ("/usr/bin/more", Right));
        var entriesOfAll = sound().Build();
        BinaryPrimitives.WriteInt32BigEndian(entriesOfAll, 4096);
        var dataBeyond = sound().Build();
        BinaryPrimitives.WriteInt32BigEndian(dataBeyond.AsSpan(4), int.MaxValue);
        var negative = sound().Build();
        BinaryPrimitives.WriteUInt32BigEndian(negative, uint.MaxValue);
        return new()
        {
            { "empty", [] },
            { "seven bytes", new byte[7] },
            { "more entries than bytes", entriesOfAll },
            { "more data than bytes", dataBeyond },
            { "2^32 - 1 entries", negative },
            { "no name", new RpmHeaderBuilder().Text(1001, "1").Text(1002, "1").Texts(1117, "tool").Build() },
            { "a name with a control character", sound().Text(1000, "to\nol").Build() },
            { "a name without an end", sound().Raw(1000, 6, 1, "tool"u8.ToArray()).Build() },
            { "files as rpm 3 named them", new RpmHeaderBuilder().Text(1000, "tool").Text(1001, "1").Text(1002, "1").Texts(1027, "/usr/bin/tool").Build() },
            { "fewer folders than files", sound().Numbers(1116, 0).Build() },
            { "a folder that is none", sound().Numbers(1116, 0, 1).Build() },
            { "a folder before the first", sound().Numbers(1116, 0, -1).Build() },
            { "fewer names than told", sound().Raw(1117, 8, 2, "tool\0"u8.ToArray()).Build() },
            { "fewer digests than files", sound().Texts(1035, Convert.ToHexStringLower(Right)).Build() },
            { "digests that end early", sound().Raw(1035, 8, 2, "00\0"u8.ToArray()).Build() },
            { "fewer flags than files", sound().Numbers(1037, 0).Build() },
            { "fewer states than files", sound().Raw(1029, 1, 1, [0]).Build() },
            { "more folders than bytes", sound().Raw(1118, 8, int.MaxValue, "/usr/bin/\0"u8.ToArray()).Build() },
            { "fewer folders than told", sound().Raw(1118, 8, 2, "/usr/bin/\0"u8.ToArray()).Build() },
            { "folders beyond the data", sound().Raw(1118, 8, 1, [], int.MaxValue).Build() },
            { "folders before the data", sound().Raw(1118, 8, 1, [], -1).Build() },
        };
    }

    [Theory]
    [MemberData(nameof(BrokenHeaders))]
    public void Header_ThatIsBroken_MakesTheIndexIncomplete(string how, byte[] header)
    {
        var index = Index(header);
        Assert.Equal((how, false), (how, index.IsComplete));
    }

    [Fact]
    public void Path_ThatIsTooLong_IsPassedOver()
    {
        var index = Read(RpmHeaderBuilder.Tool(("/" + new string('x', PathAliases.MaxPath), Right), ("/usr/bin/tool", Right)));
        Assert.Equal((1, true), (index.Files, index.IsComplete));
    }

    [Fact]
    public void Table_OfSeveralLeavesWithChains_IsReadWhole()
    {
        var index = Read(SqliteBuilder.Packages([.. Enumerable.Range(0, 40).Select(i => Header(i).Build())]).Build());
        Assert.Equal((40, true), (index!.Files, index.IsComplete));
        Assert.All(Enumerable.Range(0, 40), i => Assert.Equal((PackageVerdict.Matches, $"tool{i} 1.0-2.el9 x86_64"), Judge(index, $"/usr/bin/tool{i}", Right)));
    }

    /// <summary>Rows that lie in their page, that just do and just do not, and with one and several pages of a chain.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(470)]
    [InlineData(471)]
    [InlineData(472)]
    [InlineData(473)]
    [InlineData(474)]
    [InlineData(475)]
    [InlineData(476)]
    [InlineData(477)]
    [InlineData(478)]
    [InlineData(540)]
    [InlineData(990)]
    [InlineData(1500)]
    [InlineData(20_000)]
    public void Row_OfAnyLength_IsReadAsItWasWritten(int length)
    {
        var blob = Enumerable.Range(0, length).Select(i => (byte)(i * 7)).ToArray();
        var table = Open(SqliteBuilder.Packages(blob).Build())!.Find("Packages"u8)!;
        Assert.True(table.TryNext(out var row));
        Assert.True(SqliteRow.TryBytes(row, 1, out var read));
        Assert.Equal(blob, read.ToArray());
        Assert.False(table.TryNext(out _));
        Assert.True(table.IsWhole);
    }

    [Fact]
    public void Tree_ThatComesBackToItself_EndsAndIsNotWhole()
    {
        var builder = SqliteBuilder.Packages(Header(0).Build(), Header(1).Build());
        var leaf = builder.Leaf(builder.Add(), 0, SqliteBuilder.Row(null, Header(2).Build()));
        builder.Interior(2, leaf, 2, leaf, 1, 0, int.MaxValue, -1);
        var index = Read(builder.Build())!;
        Assert.Equal((1, false), (index.Files, index.IsComplete));
    }

    [Fact]
    public void Chain_ThatComesBackToItself_LosesItsRowAlone()
    {
        var builder = SqliteBuilder.Packages(new byte[3000], Header(1).Build());
        // Pages 3 to 8 are the first row's chain, which is made before its leaf.
        var first = builder.Pages.FindIndex(2, page => BinaryPrimitives.ReadInt32BigEndian(page) is > 2 and < 100);
        BinaryPrimitives.WriteInt32BigEndian(builder.Pages[first], first + 1);
        var index = Read(builder.Build())!;
        Assert.Equal((1, false), (index.Files, index.IsComplete));
        Assert.Equal(PackageVerdict.Matches, Judge(index, "/usr/bin/tool1", Right).Verdict);
    }

    [Theory]
    [InlineData(0, 'x')] // magic
    [InlineData(16, 1)] // pages of 256 bytes
    [InlineData(16, 3)] // of 768
    [InlineData(20, 255)] // more of each page reserved than the format allows
    [InlineData(19, 3)] // to be read by newer ones only
    [InlineData(59, 2)] // UTF-16
    public void FileOfAnotherKind_IsNoDatabase(int at, int value)
    {
        var file = SqliteBuilder.Packages(Header(0).Build()).Build();
        Assert.NotNull(Read(file));
        file[at] = (byte)value;
        Assert.Null(Read(file));
    }

    [Fact]
    public void FileWithoutTheTable_IsNoDatabase()
    {
        var builder = new SqliteBuilder();
        builder.Leaf(1, 100, SqliteBuilder.Row("table", "packages", "packages", 2L, ""));
        Assert.Null(Read(builder.Build()));
        builder.Leaf(1, 100, SqliteBuilder.Row("index", "Packages", "Packages", 2L, ""));
        Assert.Null(Read(builder.Build()));
        Assert.Null(Read([]));
    }

    [Fact]
    public void FileOverItsBound_IsReadInPartAndNotComplete()
    {
        var file = SqliteBuilder.Packages(Header(0).Build(), Header(1).Build(), Header(2).Build()).Build();
        var index = Read(file, maxBytes: 5 * SqliteBuilder.PageBytes)!;
        Assert.Equal((1, false), (index.Files, index.IsComplete));
    }

    [Fact]
    public void RowOverItsBound_IsLeftOut()
    {
        var builder = SqliteBuilder.Packages(Header(0).Build(), Header(1).Build());
        // The first leaf's cell begins with its payload's length: 8 MB in a file of 5 kB.
        var leaf = builder.Pages.First(page => page[0] == 13);
        new byte[] { 0x84, 0x80, 0x80, 0x00 }.CopyTo(leaf, BinaryPrimitives.ReadUInt16BigEndian(leaf.AsSpan(8)));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var index = Read(builder.Build())!;
        Assert.Equal((1, false), (index.Files, index.IsComplete));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void MoreFilesThanThereIsRoomFor_EndTheReading()
    {
        var builder = new PackageIndexBuilder(SumKind.Sha256, PathAliases.None);
        for (var i = 0ul; i < PackageIndexBuilder.MaxFiles - 1; i++)
            builder.Own(0, i + 1, null);
        RpmPackage.Read(RpmHeaderBuilder.Tool(("/usr/bin/tool", Right), ("/usr/bin/more", Right)).Build(), builder);
        Assert.Equal((PackageIndexBuilder.MaxFiles, false), (builder.Files, builder.IsComplete));
    }

    [Fact]
    public void AnyBytesChanged_AreTakenWithoutAnException()
    {
        var file = SqliteBuilder.Packages([.. Enumerable.Range(0, 5).Select(i => Header(i).Build())]).Build();
        Gen.Select(Gen.Int[0, file.Length - 1], Gen.Byte).Array[1, 8].Sample(changes =>
        {
            var damaged = file.ToArray();
            foreach (var (at, value) in changes)
                damaged[at] = value;
            Read(damaged);
            Read(damaged[..changes[0].Item1]);
        });
    }

    [Fact]
    public void AnyBytesOfAHeader_AreTakenWithoutAnException()
    {
        var header = RpmHeaderBuilder.Tool(("/usr/bin/tool", Right), ("/usr/lib64/more", Wrong)).Numbers(1037, 1, 0).Raw(1029, 1, 2, [0, 0]).Build();
        Gen.Select(Gen.Int[0, header.Length - 1], Gen.Byte).Array[1, 8].Sample(changes =>
        {
            var damaged = header.ToArray();
            foreach (var (at, value) in changes)
                damaged[at] = value;
            Index(damaged);
            Index(damaged[..changes[0].Item1]);
        });
    }

    /// <summary>A package with a file of its own; long enough for a chain.</summary>
    private static RpmHeaderBuilder Header(int i) => RpmHeaderBuilder.Tool(($"/usr/bin/tool{i}", Right)).Text(1000, $"tool{i}").Text(1004, new string('x', 400));

    private static PackageIndex Read(RpmHeaderBuilder header) => Index(header.Build());

    private static PackageIndex Index(byte[] header)
    {
        var builder = new PackageIndexBuilder(SumKind.Sha256, PathAliases.None);
        RpmPackage.Read(header, builder);
        return builder.Build([]);
    }

    private static PackageIndex? Read(byte[] file, long maxBytes = 1 << 20)
    {
        var builder = new PackageIndexBuilder(SumKind.Sha256, PathAliases.None);
        return RpmDatabase.TryRead(ReaderOf(file), file.Length, maxBytes, builder) ? builder.Build([]) : null;
    }

    private static SqlitePages? Open(byte[] file) => SqlitePages.Open(ReaderOf(file), file.Length, 1 << 20);

    private static ReadAt ReaderOf(byte[] file) => (offset, target) =>
    {
        var part = file.AsSpan((int)Math.Min(offset, file.Length));
        part = part[..Math.Min(part.Length, target.Length)];
        part.CopyTo(target);
        return part.Length;
    };

    private static (PackageVerdict Verdict, string Package) Judge(PackageIndex index, string path, byte[] sum) => DatabaseTextTests.Judge(index, path, sum);
}
