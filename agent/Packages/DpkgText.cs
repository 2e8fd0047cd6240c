using System.Buffers;
using System.Buffers.Binary;

namespace Runtime.Agent.Packages;

/// <summary>One package of dpkg's status file. Empty where the file does not say.</summary>
/// <param name="State">Third word of Status; of distroless images, which have none, empty.</param>
internal readonly ref struct DpkgStanza(ReadOnlySpan<byte> name, ReadOnlySpan<byte> state, ReadOnlySpan<byte> version, ReadOnlySpan<byte> architecture, bool isSame)
{
    public ReadOnlySpan<byte> Name { get; } = name;
    public ReadOnlySpan<byte> Version { get; } = version;
    public ReadOnlySpan<byte> Architecture { get; } = architecture;

    /// <summary>Several architectures of it may be installed, so that its files in info/ are called "libc6:amd64.list".</summary>
    public bool IsMultiArchSame { get; } = isSame;

    /// <summary>It has files, whole or not.</summary>
    public bool IsInstalled { get; } = !state.SequenceEqual("not-installed"u8) && !state.SequenceEqual("config-files"u8);
}

/// <summary>Parsers of dpkg's database: deb(5), dpkg(1) FILES, deb-md5sums(5). Pure.</summary>
internal static class DpkgText
{
    // Package: libc6
    // Status: install ok installed
    // Architecture: amd64
    // Multi-Arch: same
    // Version: 2.36-9+deb12u10
    // Conffiles:
    //  /etc/ld.so.conf.d/x86_64-linux-gnu.conf d4e7a7b88a71b5ffd9e2644e71a0cfab
    // Description: GNU C Library: Shared libraries
    //  Contains the standard libraries …
    //
    /// <summary>Takes the next stanza that names a package; false at the end.</summary>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> rest, out DpkgStanza stanza)
    {
        ReadOnlySpan<byte> name = [], state = [], version = [], architecture = [];
        var isSame = false;
        while (DatabaseText.TryTakeLine(ref rest, out var line))
        {
            if (line.IsEmpty && !name.IsEmpty)
                break;
            if (line.StartsWith("Package: "u8))
                name = line[9..].Trim((byte)' ');
            else if (line.StartsWith("Version: "u8))
                version = line[9..].Trim((byte)' ');
            else if (line.StartsWith("Architecture: "u8))
                architecture = line[14..].Trim((byte)' ');
            else if (line.StartsWith("Multi-Arch: "u8))
                isSame = line[12..].Trim((byte)' ').SequenceEqual("same"u8);
            else if (line.StartsWith("Status: "u8))
                state = line[(line.LastIndexOf((byte)' ') + 1)..];
        }
        stanza = new(name, state, version, architecture, isSame);
        return !name.IsEmpty;
    }

    /// <summary>A name that may stand in a path: lower-case letters, digits, + - . and no slash (deb-control(5)).</summary>
    public static bool IsFileName(ReadOnlySpan<byte> name) =>
        DatabaseText.IsName(name) && name[0] != (byte)'.' && name.IndexOfAny((byte)'/', (byte)':') < 0;

    // 7a4179e324c784b99e98fedee05260f7  bin/cat
    /// <summary>Takes the next line of a md5sums file that is one; false at the end.</summary>
    public static bool TryTakeSum(scoped ref ReadOnlySpan<byte> rest, out UInt128 sum, out ReadOnlySpan<byte> path)
    {
        Span<byte> bytes = stackalloc byte[16];
        while (DatabaseText.TryTakeLine(ref rest, out var line))
        {
            // Two spaces, or a space and the * of md5sum -b.
            if (line.Length <= 34 || line[32] != (byte)' ' || line[33] is not ((byte)' ' or (byte)'*')
                || Convert.FromHexString(line[..32], bytes, out _, out _) != OperationStatus.Done)
                continue;
            sum = BinaryPrimitives.ReadUInt128BigEndian(bytes);
            path = line[34..];
            return true;
        }
        sum = 0;
        path = [];
        return false;
    }

    // /bin/sh
    // /bin/sh.distrib
    // dash
    /// <summary>Takes the next diversion: files that other packages install as <paramref name="from"/> lie at <paramref name="to"/>; false at the end.</summary>
    /// <param name="by">Whose own file stays at <paramref name="from"/>; ":" for nobody's.</param>
    public static bool TryTakeDiversion(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> from, out ReadOnlySpan<byte> to, out ReadOnlySpan<byte> by)
    {
        to = by = [];
        return DatabaseText.TryTakeLine(ref rest, out from) && DatabaseText.TryTakeLine(ref rest, out to) && DatabaseText.TryTakeLine(ref rest, out by);
    }
}
