using CsCheck;
using Runtime.Collector.Ingest;
using Runtime.Collector.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

public sealed class ObservationCodecTests
{
    private static readonly Observation[] Kinds = [Sample.Exec(), Sample.Exit(), Sample.Write(), Sample.Connect(), Sample.Connect("2001:db8::1"), Sample.Loss(), Sample.Sight(), Loaded, Built];

    private static Observation Loaded => Sample.Exec() with { Lineage = [Sample.Process() with { LoaderVariables = ["LD_PRELOAD=/tmp/a.so"], Payload = "/tmp/payload" }] };

    private static Observation Built => Sample.Exec() with { Container = Sample.WebContainer with { ImageCreated = Sample.Now.AddYears(-2) } };

    [Fact]
    public void Decode_OfEncoded_GivesTheSame()
    {
        foreach (var observation in Kinds)
        {
            var decoded = ObservationCodec.Decode(77, observation.Scope, ObservationCodec.Encode(observation));
            // Addresses do not bear Assert.Equivalent: some of their properties throw.
            Assert.Equal(77, decoded.Id);
            Assert.Equal(observation.GetType(), decoded.GetType());
            Assert.Equal(ObservationCodec.Encode(observation), ObservationCodec.Encode(decoded));
            Assert.Equivalent(observation.Lineage, decoded.Lineage, strict: true);
            Assert.Equivalent(observation.Container, decoded.Container, strict: true);
            Assert.Equal(Text(observation), Text(decoded));
        }
    }

    [Fact]
    public void Decode_OfAnyTextAndNumbers_GivesTheSame() =>
        Gen.Select(Gen.String[0, 300], Gen.String[0, 300], Gen.ULong, Gen.UInt, Gen.String.Array[0, 20]).Sample((binary, path, big, small, arguments) =>
        {
            // What is no pair of surrogates cannot come out of UTF-8.
            (binary, path) = (Clean(binary), Clean(path));
            arguments = [.. arguments.Select(Clean)];
            var process = Sample.Process() with { Binary = binary, Arguments = arguments, StartBootNs = big, Uid = small, Inode = big, EffectiveCapabilities = big };
            Observation observation = Sample.Write(path) with { Count = big, Lineage = [process], Inode = big, Device = small };
            var encoded = ObservationCodec.Encode(observation);
            return ObservationCodec.Encode(ObservationCodec.Decode(0, observation.Scope, encoded)).AsSpan().SequenceEqual(encoded)
                && ObservationCodec.Decode(0, observation.Scope, encoded).Process.Arguments.SequenceEqual(arguments);
        }, iter: 2000);

    /// <summary>Rows as version 1 wrote them: a node that was updated keeps its history.</summary>
    [Fact]
    public void Decode_OfVersionOne_LacksOnlyWhatWasAddedLater()
    {
        const string Connect =
            "AQQHYWdlbnQtMQZub2RlLTGAwN3mlKvS7wiAocn+lKvS7wgDAUBhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhCmNvbnRhaW5lcm"
            + "QDYXBwFHdlYi01ZDhmNmM5YjdmLXgyeDdrBHNob3AFdWlkLTEcZG9ja2VyLmlvL2xpYnJhcnkvbmdpbng6MS4yNUdzaGEyNTY6MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTEx"
            + "MTExMTExMTExMTExMTExMTExMTExMTExMQgxMC4wLjAuN4Dwy9iOqtLvCAEWL2t1YmVwb2RzL2Jlc3RlZmZvcnQveAIRcG9kLXRlbXBsYXRlLWhhc2gKNWQ4ZjZjOWI3ZgNhcHADd2ViAWSA0NvD9A"
            + "IPL3Vzci9zYmluL25naW54AQ8vdXNyL3NiaW4vbmdpbngBLwBlZWX/////D4AEAoDA3eaUq9LvCCoHgCD7y5DACoDAodzL2L7vCAEGBAoAAAfAuAIEywBxCbsDbwoUwMOTBwN0bHM=";
        var expected = Sample.Connect() with { Name = "", Flags = NetworkFlags.None };
        var decoded = ObservationCodec.Decode(1, expected.Scope, Convert.FromBase64String(Connect));
        Assert.Equal(Text(expected), Text(decoded));
        var process = decoded.Process with { LoaderVariables = Sample.Process().LoaderVariables, Payload = Sample.Process().Payload };
        Assert.Empty(decoded.Process.LoaderVariables);
        Assert.Empty(decoded.Process.Payload);
        Assert.Equivalent(Sample.Process(), process, strict: true);
    }

    /// <summary>Version 4 did not have when the image was built: behind the labels of the container.</summary>
    [Fact]
    public void Decode_OfVersionFour_LacksOnlyWhenTheImageWasBuilt()
    {
        var (without, with) = (ObservationCodec.Encode(Sample.Exec()), ObservationCodec.Encode(Built));
        var at = without.AsSpan().CommonPrefixLength(with);
        byte[] old = [4, .. without[1..at], .. without[(at + 1)..]];
        var decoded = ObservationCodec.Decode(1, Sample.Web, old);
        Assert.Null(decoded.Container!.ImageCreated);
        Assert.Equivalent(Sample.WebContainer, decoded.Container, strict: true);
        Assert.Equal(without, ObservationCodec.Encode(decoded));
    }

    [Fact]
    public void Decode_OfANewerVersion_SaysWhichAreRead()
    {
        var bytes = ObservationCodec.Encode(Sample.Exec());
        bytes[0]++;
        Assert.Contains("reads versions 1 to", Assert.Throws<InvalidDataException>(() => ObservationCodec.Decode(1, Sample.Web, bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decode_OfDamagedBytes_FailsOnlyAsInvalidData() =>
        Gen.Select(Gen.Int[0, Kinds.Length - 1], Gen.Int[0, 10_000], Gen.Byte, Gen.Int[0, 10_000]).Sample((kind, at, value, cut) =>
        {
            var bytes = ObservationCodec.Encode(Kinds[kind]);
            bytes[at % bytes.Length] = value;
            try
            {
                _ = ObservationCodec.Decode(1, Sample.Web, bytes.AsSpan(0, Math.Max(1, cut % (bytes.Length + 1))));
            }
            catch (InvalidDataException)
            {
                // The one way to fail.
            }
        }, iter: 20_000);

    /// <summary>Every member by its own words; lists were compared before.</summary>
    private static string Text(Observation observation) => (observation with { Id = 0, Lineage = [Sample.Process()], Container = null }).ToString();

    private static string Clean(string text) => global::System.Text.Encoding.UTF8.GetString(global::System.Text.Encoding.UTF8.GetBytes(text));
}
