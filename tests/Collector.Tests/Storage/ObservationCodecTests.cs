using CsCheck;
using Runtime.Collector.Ingest;
using Runtime.Collector.Storage;
using Xunit;

namespace Runtime.Collector.Tests.Storage;

public sealed class ObservationCodecTests
{
    private static readonly Observation[] Kinds = [Sample.Exec(), Sample.Exit(), Sample.Write(), Sample.Connect(), Sample.Connect("2001:db8::1"), Sample.Loss()];

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
