using Runtime.Collector.Ingest;
using Runtime.Collector.Storage;
using Runtime.Collector.Tests.Storage;
using Runtime.V1;
using Xunit;
using ManagedOperation = Runtime.Collector.Ingest.ManagedOperation;

namespace Runtime.Collector.Tests.Ingest;

public sealed class ManagedTableTests
{
    [Fact]
    public void Decode_GivesTheRow_AndTheLogKeepsIt()
    {
        var decoded = Decode(Batch());
        Assert.Empty(decoded.Rejections);
        var row = Assert.Single(decoded.Observations.OfType<ManagedObservation>());
        Assert.Equal(
            (ManagedOperation.AssemblyFile, "Shop.Web", "/app/Shop.Web.dll", ManagedFlags.AtStart | ManagedFlags.FromMaps, 3ul, "/bin/sh"),
            (row.Operation, row.Name, row.Path, row.Flags, row.Count, row.Process.Binary));

        var again = Assert.IsType<ManagedObservation>(ObservationCodec.Decode(5, row.Scope, ObservationCodec.Encode(row)));
        Assert.Equal((row.Operation, row.Name, row.Path, row.Flags, row.Count), (again.Operation, again.Name, again.Path, again.Flags, again.Count));
        Assert.Equal(ObservationCodec.Encode(row), ObservationCodec.Encode(again));
        Assert.Contains("/app/Shop.Web.dll", SearchText.Of(row), StringComparison.Ordinal);
    }

    public static TheoryData<Action<ManagedColumns>, string> Faults => new()
    {
        { m => m.Operation[0] = 8, "managed row 0: operation is 8; managed operations are 1 to 7" },
        { m => m.Operation[0] = 0, "managed operations are 1 to 7" },
        { m => m.Name[0] = 999, "managed row 0: name is 999; an index must lie within strings" },
        { m => m.Path[0] = 999, "managed row 0: path is 999" },
        { m => m.Process[0] = 9, "it must name a row of processes" },
        { m => m.Flags.Clear(), "managed: flags is 0 values long; every column must be as long as first, which has 1" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Decode_OfAFault_RefusesTheRowInWords(Action<ManagedColumns> damage, string words)
    {
        var batch = Batch();
        damage(batch.Managed);
        var decoded = Decode(batch);
        Assert.Contains(words, Assert.Single(decoded.Rejections).Reason, StringComparison.Ordinal);
        Assert.Empty(decoded.Observations.OfType<ManagedObservation>());
    }

    private static DecodedBatch Decode(Batch batch) => new BatchDecoder(new IngestOptions()).Decode(Sample.Agent, batch, Sample.Now);

    private static Batch Batch()
    {
        var batch = WireBatch.Full();
        batch.Managed = new ManagedColumns
        {
            First = { 0 }, Last = { 10 }, Count = { 3 }, Process = { 2 }, Operation = { 1 }, Name = { WireBatch.Text(batch, "Shop.Web") },
            Path = { WireBatch.Text(batch, "/app/Shop.Web.dll") }, Flags = { 3 },
        };
        return batch;
    }
}
