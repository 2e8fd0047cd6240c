using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Runtime.Collector.Baselines;
using Runtime.Collector.Incidents;
using Runtime.Collector.Inventory;
using Runtime.Collector.Resources;

namespace Runtime.Collector.Scopes;

/// <summary>An engine's state as bytes.</summary>
/// <remarks>
/// "RSC2", 16 bytes of SHA-256 over the rest, then Brotli over: scope id, applied-through, a 0, baseline (binary, items in key order),
/// incidents (JSON, length first), files of images, resources, templates (all binary), and sections up to the end: a name, a version (one byte), a length, that many
/// bytes. There are "removals", "commands" and "ageing", each only where there is something to keep. A section that is not known, or of another version, is passed over: the rest is worth more
/// than nothing. In place of the 0 earlier programs kept a count and pairs of agent and time, which are
/// passed over. "RSC1" ends with the incidents: what is not there is then learnt anew. A later layout gets another number in the magic; this code reads these two.
/// </remarks>
internal sealed record ScopeState(long AppliedThrough, Baseline Baseline, IncidentTable Incidents, ResourceWatch Resources)
{
    /// <summary>Bytes. The bounds on items' and deviations' text keep a state below it.</summary>
    public const int MaxLength = 8 * 1024 * 1024;
    private const int MaxUnpacked = 64 * 1024 * 1024;
    private const int HashLength = 16;

    private static ReadOnlySpan<byte> Magic => "RSC2"u8;
    private static ReadOnlySpan<byte> MagicBefore => "RSC1"u8;

    /// <exception cref="InvalidOperationException">Above the cap: the bounds do not hold, which is a mistake of ours.</exception>
    public byte[] Write(Scope scope)
    {
        using var packed = new MemoryStream();
        packed.Write(Magic);
        packed.Write(stackalloc byte[HashLength]);
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var buffered = new BufferedStream(brotli, 64 * 1024))
        using (var writer = new BinaryWriter(buffered, Encoding.UTF8))
        {
            writer.Write(scope.Id);
            writer.Write(AppliedThrough);
            writer.Write(0);
            Baseline.Write(writer);
            var json = JsonSerializer.SerializeToUtf8Bytes(Incidents.Save(), IncidentJson.Compact.IncidentTableState);
            writer.Write(json.Length);
            writer.Write(json);
            Baseline.Files.Write(writer);
            Resources.Write(writer);
            Baseline.Templates.Write(writer);
            if (RemovalWriter.HasAny(Baseline.Items))
            {
                WriteSection(writer, RemovalWriter.Section, RemovalWriter.Version, section => RemovalWriter.Write(section, Baseline.Items));
            }

            if (Baseline.Commands.HasAny)
            {
                WriteSection(writer, RuntimeCommands.Section, RuntimeCommands.Version, Baseline.Commands.Write);
            }

            if (Baseline.HasAged)
            {
                WriteSection(writer, Baseline.AgeingSection, Baseline.AgeingVersion, Baseline.WriteAgeing);
            }
        }

        if (packed.Length > MaxLength)
        {
            throw new InvalidOperationException($"the state of {scope.Id} has {packed.Length} bytes; at most {MaxLength} may be saved");
        }

        var state = packed.ToArray();
        Hash(state).CopyTo(state.AsSpan(Magic.Length));
        return state;
    }

    /// <exception cref="FormatException">Damaged, of another version, of another scope, or learnt with another unit.</exception>
    public static ScopeState Read(Scope scope, ReadOnlySpan<byte> state, BaselineOptions options)
    {
        var isBefore = state.StartsWith(MagicBefore);
        if (state.Length < Magic.Length + HashLength || !(isBefore || state.StartsWith(Magic)))
        {
            throw new FormatException($"the state of {scope.Id} ({state.Length} bytes) begins with neither RSC2 nor RSC1: it is damaged or of another version");
        }

        if (!Hash(state).SequenceEqual(state.Slice(Magic.Length, HashLength)))
        {
            throw new FormatException($"the state of {scope.Id} is damaged: its checksum does not match");
        }

        try
        {
            using var reader = new BinaryReader(new MemoryStream(Unpack(state[(Magic.Length + HashLength)..])), Encoding.UTF8);
            var read = Read(scope, reader, options, isBefore);
            if (isBefore)
            {
                read.Baseline.StartTemplates();
            }
            else
            {
                read.Baseline.Templates.Read(reader, read.Baseline.Items);
                ReadSections(reader, read.Baseline);
            }

            // The magic is not hashed: a state of one version that is read as another shows here.
            return reader.BaseStream.Position == reader.BaseStream.Length
                ? read
                : throw new FormatException($"the state of {scope.Id} is damaged: it goes on behind its end");
        }
        catch (Exception exception) when (exception is IOException or JsonException or InvalidDataException or ArgumentException)
        {
            throw new FormatException($"the state of {scope.Id} is damaged: {exception.Message}", exception);
        }
    }

    private static ScopeState Read(Scope scope, BinaryReader reader, BaselineOptions options, bool isBefore)
    {
        var id = reader.ReadString();
        if (id != scope.Id)
        {
            throw new FormatException($"the state is of scope {id}, not of {scope.Id}");
        }

        var appliedThrough = reader.ReadInt64();
        for (var left = reader.ReadInt32(); left > 0; left--)
        {
            reader.ReadString();
            reader.ReadInt64();
        }

        var baseline = Baseline.Read(reader, scope, options);
        var json = reader.ReadBytes(reader.ReadInt32());
        var incidents = JsonSerializer.Deserialize(json, IncidentJson.Compact.IncidentTableState)
            ?? throw new FormatException($"the state of {scope.Id} is damaged: its incidents are null");
        if (isBefore)
        {
            return new ScopeState(appliedThrough, baseline, IncidentTable.Restore(incidents, scope, options), new ResourceWatch(options));
        }

        baseline.Files = ImageFiles.Read(reader);
        return new ScopeState(appliedThrough, baseline, IncidentTable.Restore(incidents, scope, options), ResourceWatch.Read(reader, options));
    }

    internal static void WriteSection(BinaryWriter writer, string name, byte version, Action<BinaryWriter> write)
    {
        using var bytes = new MemoryStream();
        using var section = new BinaryWriter(bytes, Encoding.UTF8);
        write(section);
        section.Flush();
        writer.Write(name);
        writer.Write(version);
        writer.Write((int)bytes.Length);
        writer.Write(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static void ReadSections(BinaryReader reader, Baseline baseline)
    {
        while (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            var (name, version) = (reader.ReadString(), reader.ReadByte());
            using var section = new BinaryReader(new MemoryStream(reader.ReadBytes(reader.ReadInt32())), Encoding.UTF8);
            if (name == RemovalWriter.Section && version == RemovalWriter.Version)
            {
                RemovalWriter.Read(section, baseline);
            }
            else if (name == RuntimeCommands.Section && version == RuntimeCommands.Version)
            {
                baseline.Commands.Read(section);
            }
            else if (name == Baseline.AgeingSection && version == Baseline.AgeingVersion)
            {
                baseline.ReadAgeing(section);
            }
        }
    }

    private static byte[] Unpack(ReadOnlySpan<byte> packed)
    {
        using var brotli = new BrotliStream(new MemoryStream(packed.ToArray()), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = brotli.Read(buffer)) > 0;)
        {
            unpacked.Write(buffer, 0, read);
            if (unpacked.Length > MaxUnpacked)
            {
                throw new FormatException($"the state unpacks to more than {MaxUnpacked} bytes");
            }
        }

        return unpacked.ToArray();
    }

    private static byte[] Hash(ReadOnlySpan<byte> state) => SHA256.HashData(state[(Magic.Length + HashLength)..])[..HashLength];
}
