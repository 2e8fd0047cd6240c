using Google.Protobuf;
using Runtime.Collector.Ingest;
using Runtime.Collector.Query;
using Runtime.Collector.Storage;
using Runtime.Collector.Tests.Storage;
using Runtime.V1;
using Xunit;

namespace Runtime.Collector.Tests.Ingest;

public sealed class BinaryTableTests
{
    private static readonly string Hash = string.Concat(Enumerable.Repeat("ab", 32));

    [Fact]
    public void Decode_GivesTheRow_AndTheLogKeepsIt()
    {
        var decoded = Decode(Batch());
        Assert.Empty(decoded.Rejections);
        var row = Assert.Single(decoded.Observations.OfType<BinaryObservation>());
        Assert.Equal(("/usr/bin/tool", Hash, BinaryTraits.Packed, 17ul, 5u, 4096ul), (row.Path, row.Sha256, row.Traits, row.Inode, row.Device, row.Size));

        var again = Assert.IsType<BinaryObservation>(ObservationCodec.Decode(5, row.Scope, ObservationCodec.Encode(row)));
        Assert.Equal(ObservationCodec.Encode(row), ObservationCodec.Encode(again));
        Assert.Equal((row.Path, row.Sha256, row.Traits), (again.Path, again.Sha256, again.Traits));
        Assert.Contains(Hash, SearchText.Of(row), StringComparison.Ordinal);
        Assert.Equal($"content of /usr/bin/tool sha256:{Hash} (packed)", EventText.Summary(row));
        Assert.Contains(new("sha256", Hash), EventText.Details(row));
    }

    [Fact]
    public void Decode_OfAFileThatAnotherNodeHasOtherwise_KeepsBothHashes()
    {
        var batch = Batch();
        batch.Strings.Add(ByteString.CopyFrom([.. Enumerable.Repeat((byte)0xcd, 32)]));
        batch.Binaries.ElsewhereSha256.Add((uint)batch.Strings.Count - 1);
        batch.Binaries.Traits[0] = (uint)BinaryTrait.Disagrees;
        var row = Assert.Single(Decode(batch).Observations.OfType<BinaryObservation>());
        var again = Assert.IsType<BinaryObservation>(ObservationCodec.Decode(5, row.Scope, ObservationCodec.Encode(row)));
        var elsewhere = string.Concat(Enumerable.Repeat("cd", 32));
        Assert.Equal((Hash, elsewhere, BinaryTraits.Disagrees), (again.Sha256, again.ElsewhereSha256, again.Traits));
        Assert.Equal($"content of /usr/bin/tool sha256:{Hash} (disagrees), another node has sha256:{elsewhere}", EventText.Summary(row));
    }

    [Fact]
    public void Decode_OfAFileOfAPackage_KeepsWhatTheDatabaseSays()
    {
        var batch = Batch();
        batch.Binaries.PackageVerdict.Add((uint)V1.PackageVerdict.Mismatch);
        batch.Binaries.PackageFlags.Add(0xff03);
        batch.Binaries.PackageName.Add(WireBatch.Text(batch, "tool"));
        batch.Binaries.PackageVersion.Add(WireBatch.Text(batch, "1:2.3-4"));
        batch.Binaries.PackageArchitecture.Add(WireBatch.Text(batch, "amd64"));
        batch.Binaries.Distribution.Add(WireBatch.Text(batch, "debian 12"));
        var row = Assert.Single(Decode(batch).Observations.OfType<BinaryObservation>());
        var again = Assert.IsType<BinaryObservation>(ObservationCodec.Decode(5, row.Scope, ObservationCodec.Encode(row)));
        Assert.Equal(new(Collector.Ingest.PackageVerdict.Mismatch, PackageFlags.DatabaseOfImage | PackageFlags.FileOfImage, "tool", "1:2.3-4", "amd64", "debian 12"), again.Package);
        Assert.Equal($"content of /usr/bin/tool sha256:{Hash} (packed), not as package tool 1:2.3-4 has it", EventText.Summary(again));
        Assert.Contains(new("package_verdict", "mismatch"), EventText.Details(again));
        Assert.Contains(new("package_flags", "database_of_image,file_of_image"), EventText.Details(again));

        batch.Binaries.PackageVerdict[0] = 77;
        Assert.Equal(Collector.Ingest.PackageVerdict.Unknown, Assert.Single(Decode(batch).Observations.OfType<BinaryObservation>()).Package.Verdict);
    }

    /// <summary>A row as version 3 of the log wrote it: a node that was updated keeps its history.</summary>
    [Fact]
    public void Decode_OfARowBeforePackages_SaysThatNothingIsKnown()
    {
        var row = Assert.Single(Decode(Batch()).Observations.OfType<BinaryObservation>());
        Assert.Equal(PackageFinding.Unknown, row.Package);
        // Its part stands at the end: two bytes and four empty texts. A container's part has grown since too.
        byte[] older = ObservationCodec.Encode(row with { Container = null })[..^6];
        older[0] = 3;
        var again = Assert.IsType<BinaryObservation>(ObservationCodec.Decode(5, row.Scope, older));
        Assert.Equal((row.Path, row.Sha256, PackageFinding.Unknown), (again.Path, again.Sha256, again.Package));
    }

    [Fact]
    public void Decode_OfAFileThatWasNotRead_SaysWhy()
    {
        var batch = Batch();
        batch.Binaries.Sha256[0] = 0;
        batch.Binaries.Traits[0] = (uint)BinaryTrait.Gone;
        var row = Assert.Single(Decode(batch).Observations.OfType<BinaryObservation>());
        Assert.Equal("content of /usr/bin/tool not read (gone)", EventText.Summary(row));
    }

    public static TheoryData<Action<BinaryColumns>, string> Faults => new()
    {
        { b => b.Sha256[0] = b.Path[0], "binaries row 0: sha256 is 13 bytes; a SHA-256 has 32 bytes" },
        { b => b.Sha256[0] = 999, "binaries row 0: sha256 is 999; an index must lie within strings" },
        { b => b.Path[0] = 0, "binaries row 0: path is 0; a file has a path" },
        { b => b.Process[0] = 9, "it must name a row of processes" },
        { b => b.Traits.Clear(), "binaries: traits is 0 values long; every column must be as long as time, which has 1" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Decode_OfAFault_RefusesTheRowInWords(Action<BinaryColumns> damage, string words)
    {
        var batch = Batch();
        damage(batch.Binaries);
        var decoded = Decode(batch);
        Assert.Contains(words, Assert.Single(decoded.Rejections).Reason, StringComparison.Ordinal);
        Assert.Empty(decoded.Observations.OfType<BinaryObservation>());
    }

    private static DecodedBatch Decode(Batch batch) => new BatchDecoder(new IngestOptions()).Decode(Sample.Agent, batch, Sample.Now);

    private static Batch Batch()
    {
        var batch = WireBatch.Full();
        batch.Strings.Add(ByteString.CopyFrom(Convert.FromHexString(Hash)));
        var hash = (uint)batch.Strings.Count - 1;
        batch.Binaries = new BinaryColumns
        {
            Time = { 0 }, Process = { 2 }, Path = { WireBatch.Text(batch, "/usr/bin/tool") }, Inode = { 17 }, Device = { 5 }, Size = { 4096 },
            ModifiedUnixS = { 1 }, ChangedUnixS = { 2 }, Sha256 = { hash }, Traits = { (uint)BinaryTrait.Packed },
        };
        return batch;
    }
}
