using Runtime.Collector.Ingest;
using Runtime.Collector.Storage;
using Runtime.Collector.Tests.Storage;
using Runtime.V1;
using Xunit;
using PrivilegeOperation = Runtime.Collector.Ingest.PrivilegeOperation;

namespace Runtime.Collector.Tests.Ingest;

public sealed class PrivilegeTableTests
{
    [Fact]
    public void Decode_GivesTheRow_AndTheLogKeepsIt()
    {
        var decoded = Decode(Batch());
        Assert.Empty(decoded.Rejections);
        var row = Assert.Single(decoded.Observations.OfType<PrivilegeObservation>());
        Assert.Equal(
            (PrivilegeOperation.Ptrace, 16ul, "/bin/other", "d", 1, 3ul, "/bin/sh"), (row.Operation, row.Value, row.Subject, row.Detail, row.Error, row.Count, row.Process.Binary));

        var again = Assert.IsType<PrivilegeObservation>(ObservationCodec.Decode(5, row.Scope, ObservationCodec.Encode(row)));
        Assert.Equal((row.Operation, row.Value, row.Subject, row.Detail, row.Error, row.Count), (again.Operation, again.Value, again.Subject, again.Detail, again.Error, again.Count));
        Assert.Equal(ObservationCodec.Encode(row), ObservationCodec.Encode(again));
        Assert.Contains("/bin/other", SearchText.Of(row), StringComparison.Ordinal);
    }

    public static TheoryData<Action<PrivilegeColumns>, string> Faults => new()
    {
        { p => p.Operation[0] = 23, "privileges row 0: operation is 23; privilege operations are 1 to 22" },
        { p => p.Operation[0] = 0, "privilege operations are 1 to 22" },
        { p => p.Error[0] = 4096, "privileges row 0: error is 4096" },
        { p => p.Subject[0] = 999, "privileges row 0: subject is 999; an index must lie within strings" },
        { p => p.Process[0] = 9, "it must name a row of processes" },
        { p => p.Detail.Clear(), "privileges: detail is 0 values long; every column must be as long as first, which has 1" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Decode_OfAFault_RefusesTheRowInWords(Action<PrivilegeColumns> damage, string words)
    {
        var batch = Batch();
        damage(batch.Privileges);
        var decoded = Decode(batch);
        Assert.Contains(words, Assert.Single(decoded.Rejections).Reason, StringComparison.Ordinal);
        Assert.Empty(decoded.Observations.OfType<PrivilegeObservation>());
    }

    [Fact]
    public void Decode_OfALossOfPrivileges_IsTaken()
    {
        var batch = Batch();
        batch.Losses[0].Kind = "privilege";
        Assert.Equal("privilege", Assert.Single(Decode(batch).Observations.OfType<LossObservation>()).Kind);
    }

    private static DecodedBatch Decode(Batch batch) => new BatchDecoder(new IngestOptions()).Decode(Sample.Agent, batch, Sample.Now);

    private static Batch Batch()
    {
        var batch = WireBatch.Full();
        batch.Privileges = new PrivilegeColumns
        {
            First = { 0 }, Last = { 10 }, Count = { 3 }, Process = { 2 }, Operation = { 5 }, Value = { 16 }, Subject = { WireBatch.Text(batch, "/bin/other") },
            Detail = { WireBatch.Text(batch, "d") }, Error = { 1 },
        };
        return batch;
    }
}
