using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;

namespace Runtime.Agent.Packages;

/// <summary>Parser of apk's database of what is installed (apk-tools 2 and 3, "installed"). Pure.</summary>
internal static class ApkText
{
    private const int Sha1Bytes = 20;

    // C:Q1Qi5jNxw8DCkMwbLkh5T1eFx1Jvs=
    // P:busybox
    // V:1.36.1-r15
    // A:x86_64
    // F:bin
    // R:busybox
    // a:0:0:755
    // Z:Q17jLX3AqLd6xm1w2uh8pDPGrWA/k=
    // R:sh
    // a:0:0:777
    // Z:Q1pcfTfDNEbNKQc2s1tia7da05M8Q=
    // F:etc
    // R:securetty
    //
    /// <summary>Adds what the database lists. A file may have no Z line; the sum of a link is its target's name, which nobody asks for.</summary>
    public static void Read(ReadOnlySpan<byte> installed, PackageIndexBuilder index)
    {
        Span<byte> path = stackalloc byte[PathAliases.MaxPath];
        ReadOnlySpan<byte> name = [], version = [], architecture = [], folder = [], file = [];
        UInt128? sum = null;
        var package = -1;
        for (var rest = installed; DatabaseText.TryTakeLine(ref rest, out var line);)
        {
            if (line.Length < 2 || line[1] != (byte)':')
            {
                if (line.IsEmpty)
                {
                    Own(path, folder, ref file, ref sum, package, index);
                    name = version = architecture = folder = [];
                    package = -1;
                }
                continue;
            }
            var value = line[2..];
            switch (line[0])
            {
                case (byte)'P':
                    name = value;
                    break;
                case (byte)'V':
                    version = value;
                    break;
                case (byte)'A':
                    architecture = value;
                    break;
                case (byte)'F':
                    Own(path, folder, ref file, ref sum, package, index);
                    if (package < 0)
                        package = Add(name, version, architecture, index);
                    folder = value;
                    break;
                case (byte)'R':
                    Own(path, folder, ref file, ref sum, package, index);
                    file = value;
                    break;
                case (byte)'Z':
                    sum = SumOf(value);
                    break;
            }
        }
        Own(path, folder, ref file, ref sum, package, index);
    }

    private static int Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> version, ReadOnlySpan<byte> architecture, PackageIndexBuilder index)
    {
        if (DatabaseText.IsName(name) && DatabaseText.IsName(version))
            return index.Add(new(name.ToArray(), version.ToArray(), DatabaseText.IsName(architecture) ? architecture.ToArray() : []));
        index.IsComplete = false;
        return -1;
    }

    private static void Own(scoped Span<byte> path, scoped ReadOnlySpan<byte> folder, scoped ref ReadOnlySpan<byte> file, scoped ref UInt128? sum, int package, PackageIndexBuilder index)
    {
        if (!file.IsEmpty && package >= 0 && folder.Length + 1 + file.Length <= path.Length)
        {
            folder.CopyTo(path);
            path[folder.Length] = (byte)'/';
            file.CopyTo(path[(folder.Length + 1)..]);
            index.Own(package, index.Aliases.KeyOf(path[..(folder.Length + 1 + file.Length)]), sum);
        }
        file = [];
        sum = null;
    }

    /// <returns>Null for another algorithm than SHA-1 (Q1), or none.</returns>
    private static UInt128? SumOf(ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = stackalloc byte[Sha1Bytes + 4];
        return value.StartsWith("Q1"u8) && value.Length == 30
            && Base64.DecodeFromUtf8(value[2..], bytes, out _, out var written) == OperationStatus.Done && written == Sha1Bytes
            ? BinaryPrimitives.ReadUInt128BigEndian(bytes)
            : null;
    }
}
