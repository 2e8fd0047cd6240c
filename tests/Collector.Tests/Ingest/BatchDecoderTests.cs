using CsCheck;
using Google.Protobuf;
using Runtime.Collector.Ingest;
using Runtime.Collector.Tests.Storage;
using Runtime.V1;
using Xunit;
using NetworkOperation = Runtime.Collector.Ingest.NetworkOperation;

namespace Runtime.Collector.Tests.Ingest;

public sealed class BatchDecoderTests
{
    private static readonly BatchDecoder Decoder = new(new IngestOptions());

    [Fact]
    public void Decode_OfAFullBatch_GivesEveryRow_InTheOrderOfTime()
    {
        var decoded = Decode(WireBatch.Full());
        Assert.Empty(decoded.Rejections);
        Assert.Equal(5, decoded.Observations.Count);
        Assert.All(decoded.Observations, row => Assert.Equal(Sample.Web, row.Scope));
        var exec = Assert.IsType<ExecObservation>(decoded.Observations[0]);
        Assert.Equal(["/bin/sh", "/usr/sbin/nginx"], exec.Lineage.Select(process => process.Binary));
        Assert.Equal(["sh", "-c", "id"], exec.Process.Arguments);
        Assert.Equal(Sample.Now, exec.First);
        var exit = Assert.IsType<ExitObservation>(decoded.Observations[4]);
        Assert.Equal((1, 0, TimeSpan.FromMilliseconds(4)), (exit.Code, exit.Signal, exit.RunTime));
        var file = Assert.IsType<FileObservation>(decoded.Observations[3]);
        Assert.Equal(("/tmp/a.log", "/tmp/<rand>.log", 2UL, 0x1ed), (file.Path, file.Template, file.Count, file.Mode));
        var network = Assert.IsType<NetworkObservation>(decoded.Observations[1]);
        Assert.Equal((NetworkOperation.Connect, "203.0.113.9", 443), (network.Operation, network.RemoteAddress!.ToString(), network.RemotePort));
        Assert.Equal(3UL, Assert.IsType<LossObservation>(decoded.Observations[2]).Count);
        Assert.Equal(Sample.Web, Assert.Single(decoded.Containers).Scope);
    }

    public static TheoryData<string, Action<Batch>, int, string> Faults => new()
    {
        { "a reference behind the table", b => b.Execs.Process[0] = 3, 1, "execs row 0: process is 3; it must name a row of processes" },
        { "no process", b => b.Files.Process[0] = 0, 1, "files row 0: process is 0; it must name a row" },
        { "a string behind the table", b => b.Files.Path[0] = 999, 1, "files row 0: path is 999; an index must lie within strings" },
        { "columns of two lengths", b => b.Networks.Error.Clear(), 1, "networks: error is 0 values long; every column must be as long as first, which has 1" },
        { "a process before its parent", b => b.Processes.Parent[0] = 2, 1, "processes row 0: parent is 2; a process must stand after its parent" },
        { "a process that is its own parent", b => b.Processes.Parent[1] = 2, 5, "processes row 1: parent is 2" },
        { "a time of 1970", b => b.BaseUnixNs = 0, 4, "a time must lie between 2020-01-01" },
        { "a time in a year", b => b.Execs.Last[0] = 365L * 86400 * 1_000_000_000, 1, "one day after the collector's clock" },
        { "an end before the beginning", b => b.Files.Last[0] = 0, 1, "last must not be before first" },
        { "nothing, counted", b => b.Execs.Count[0] = 0, 1, "count must be above 0" },
        { "an unknown operation", b => b.Networks.Operation[0] = 77, 1, "networks row 0: operation is 77; network operations are 1 to 11" },
        { "a port above 65535", b => b.Networks.RemotePort[0] = 65536, 1, "a port must be from 0 to 65535" },
        { "five bytes of address", b => b.Networks.RemoteAddress[0] = WireBatch.Bytes(b, [1, 2, 3, 4, 5]), 1, "remote_address is 5; an address must have 4 or 16 bytes" },
        { "an overlong string", b => b.Files.Path[0] = WireBatch.Bytes(b, new byte[8193]), 1, "must not be longer than 8192 bytes" },
        { "an exit code of 300", b => b.Exits.Code[0] = 300, 1, "exits row 0: code is 300" },
        { "a container without id", b => b.Containers[0].Id = "", 7, "containers row 0: id is ; it must have 1 to 256 characters" },
        { "a container behind the table", b => b.Processes.Container[1] = 2, 5, "processes row 1: container is 2" },
        { "pid 0", b => b.Processes.Pid[1] = 0, 5, "processes row 1: pid is 0" },
        { "an unknown loss", b => b.Losses[0].Kind = "bell\a", 1, "losses row 0: kind is bell\\u0007; it must be process, file, network, privilege, binary, managed or resource" },
        { "strings that do not begin with the empty one", b => b.Strings[0] = ByteString.CopyFromUtf8("x"), 5, "strings[0] must be the empty string" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Decode_OfABatchWith_RefusesThoseRowsInWords(string what, Action<Batch> damage, int refused, string words)
    {
        var batch = WireBatch.Full();
        damage(batch);
        var decoded = Decode(batch);
        Assert.True(decoded.Rejections.Any(rejection => rejection.Reason.Contains(words, StringComparison.Ordinal)), $"{what}: {string.Join("\n", decoded.Rejections)}");
        Assert.Equal(refused, decoded.Rejections.Sum(rejection => rejection.Rows));
    }

    /// <summary>Whatever an image says of itself, its container is taken.</summary>
    [Theory]
    [InlineData(1_500_000_000, true)]
    [InlineData(0, false)]
    [InlineData(-1, false)]
    [InlineData(long.MinValue, false)]
    [InlineData(long.MaxValue, false)]
    [InlineData(253_402_300_800, false)]
    public void Decode_OfWhenTheImageWasBuilt_TakesATimeThatCanBe(long unixS, bool taken)
    {
        var batch = WireBatch.Full();
        batch.Containers[0].ImageCreatedUnixS = unixS;
        var decoded = Decode(batch);
        Assert.Empty(decoded.Rejections);
        Assert.Equal(taken ? DateTimeOffset.FromUnixTimeSeconds(unixS) : null, Assert.Single(decoded.Containers).Container.ImageCreated);
    }

    [Fact]
    public void Decode_OfARefusedRow_TakesTheOthers()
    {
        var batch = WireBatch.Full();
        WireBatch.Exec(batch, 9);
        WireBatch.Exec(batch, 1);
        Assert.Equal(2, Decode(batch).Observations.OfType<ExecObservation>().Count());
    }

    [Fact]
    public void Decode_OfInvalidUtf8AndControlCharacters_KeepsWhatCanBeKept()
    {
        var batch = WireBatch.Full();
        batch.Files.Path[0] = WireBatch.Bytes(batch, [(byte)'/', 0xff, (byte)'\n', 0x1b, (byte)'a']);
        Assert.Equal("/\ufffd\n\u001ba", Decode(batch).Observations.OfType<FileObservation>().Single().Path);
    }

    [Fact]
    public void Decode_OfAnInterpreter_FindsTheScriptInItsArguments()
    {
        var batch = WireBatch.Full();
        WireBatch.Process(batch, 102, 2, 1, "/bin/sh", "sh\0/dev/shm/x.sh");
        WireBatch.Exec(batch, 3);
        Assert.Equal(["", "/dev/shm/x.sh"], Decode(batch).Observations.OfType<ExecObservation>().Select(exec => exec.Process.Script));
    }

    [Fact]
    public void Decode_OfMappedAddress_GivesTheFourBytes()
    {
        var batch = WireBatch.Full();
        batch.Networks.RemoteAddress[0] = WireBatch.Bytes(batch, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 3]);
        Assert.Equal("10.1.2.3", Decode(batch).Observations.OfType<NetworkObservation>().Single().RemoteAddress!.ToString());
    }

    [Fact]
    public void Decode_OfALongChain_CutsTheLineageAtSixteenAndAtTheContainer()
    {
        var batch = WireBatch.Full();
        for (var i = 2U; i < 30; i++)
        {
            WireBatch.Process(batch, 100 + i, i, 1, $"/bin/{i}", "");
        }

        WireBatch.Process(batch, 500, 0, 0, "/usr/bin/containerd-shim", "");
        WireBatch.Process(batch, 501, 31, 1, "/pause", "");
        WireBatch.Exec(batch, 30);
        WireBatch.Exec(batch, 32);
        var execs = Decode(batch).Observations.OfType<ExecObservation>().ToArray();
        Assert.Equal(16, execs[1].Lineage.Count);
        Assert.Equal(["/pause"], execs[2].Lineage.Select(process => process.Binary));
    }

    [Fact]
    public void Decode_OfALossWithoutOwner_IsTheNodes()
    {
        var batch = WireBatch.Full();
        batch.Losses.Add(new Loss { Kind = "process", Reason = "ring_full", Count = 5 });
        batch.Losses.Add(new Loss { Kind = "process", Reason = "queue_full", Count = 6, Host = true });
        var decoded = Decode(batch);
        Assert.Equal(new NodeLoss("process", "ring_full", 5, Sample.Now, Sample.Now), Assert.Single(decoded.NodeLosses));
        Assert.Equal("default/-/Host/node-1/-", decoded.Observations.OfType<LossObservation>().Single(loss => loss.Count == 6).Scope.Id);
    }

    [Fact]
    public void Decode_OfMoreRowsThanAllowed_RefusesTheRest()
    {
        var batch = WireBatch.Full();
        for (var i = 0; i < 150; i++)
        {
            WireBatch.Exec(batch, 2);
        }

        var decoded = new BatchDecoder(new IngestOptions { MaxBatchRows = 100 }).Decode(Sample.Agent, batch, Sample.Now);
        Assert.Equal(100, decoded.Observations.OfType<ExecObservation>().Count());
        Assert.Equal(51, decoded.Rejections.Single().Rows);
    }

    [Fact]
    public void Decode_OfRandomBytes_NeverThrows() => Gen.Byte.Array[0, 2000].Sample(bytes => DecodeBytes(bytes), iter: 30_000);

    [Fact]
    public void Decode_OfDamagedBatches_NeverThrowsAndEncodesWhatItTook()
    {
        var whole = WireBatch.Full().ToByteArray();
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[1, 12].Sample(damages =>
        {
            var bytes = (byte[])whole.Clone();
            foreach (var (at, value) in damages)
            {
                bytes[at] = value;
            }

            DecodeBytes(bytes);
        }, iter: 30_000);
    }

    [Fact]
    public void Decode_OfRandomNumbers_NeverThrows() =>
        Gen.Select(Gen.UInt.Array[40, 40], Gen.Long.Array[10, 10], Gen.ULong.Array[10, 10], Gen.Bool).Sample((numbers, offsets, bigs, small) =>
        {
            var next = 0;
            uint Any() => small ? numbers[next++ % 40] % 4 : numbers[next++ % 40];
            var batch = WireBatch.Full();
            batch.BaseUnixNs = small ? batch.BaseUnixNs : bigs[0];
            batch.Processes.Parent[1] = Any();
            batch.Processes.Container[0] = Any();
            batch.Processes.Phase[1] = Any();
            batch.Processes.Flags[1] = numbers[5];
            batch.Processes.Arguments[0] = Any();
            batch.Processes.ExecTime[0] = offsets[0];
            batch.Processes.ModifiedUnixS[0] = offsets[1];
            batch.Execs.First[0] = offsets[2];
            batch.Execs.Last[0] = offsets[3];
            batch.Execs.Count[0] = bigs[1];
            batch.Exits.RunTimeNs[0] = bigs[2];
            batch.Files.Path[0] = Any();
            batch.Files.Mode[0] = numbers[6];
            batch.Networks.DurationNs[0] = bigs[3];
            batch.Networks.BytesSent[0] = bigs[4];
            batch.Losses[0].Count = bigs[5];
            batch.Losses[0].FirstUnixNs = bigs[6];
            DecodeBytes(batch.ToByteArray());
        }, iter: 20_000);

    private static DecodedBatch Decode(Batch batch) => Decoder.Decode(Sample.Agent, batch, Sample.Now);

    private static void DecodeBytes(byte[] bytes)
    {
        Batch batch;
        try
        {
            batch = Batch.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            // gRPC ends the stream with it.
            return;
        }

        foreach (var observation in Decode(batch).Observations)
        {
            _ = Runtime.Collector.Storage.ObservationCodec.Decode(1, observation.Scope, Runtime.Collector.Storage.ObservationCodec.Encode(observation));
            _ = Runtime.Collector.Storage.SearchText.Of(observation);
        }
    }
}
