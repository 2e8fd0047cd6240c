using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Runtime.Agent.Packages;

/// <summary>What an rpm header says of its package's files. Pure.</summary>
internal static class RpmPackage
{
    /// <summary>The sources of a kernel have 5,000.</summary>
    private const int MaxFolders = 65_536;

    private const int Sha256 = 8; // RPM_HASH_SHA256, rpm/rpmcrypto.h; without the tag it is MD5
    private const int Sha256Digits = 64;
    private const int Config = 1, Ghost = 64; // RPMFILE_*, rpm/rpmfiles.h
    private const int VerifyDigest = 1; // RPMVERIFY_FILEDIGEST, rpm/rpmvf.h
    private const int TypeBits = 0xF000, RegularFile = 0x8000, Folder = 0x4000;
    private const int Normal = 0, NetShared = 3; // RPMFILE_STATE_*; 1 replaced, 2 not installed, 4 of another architecture's package, -1 missing

    /// <summary>Adds a package and its files; one that is not as rpm makes them makes the index incomplete.</summary>
    public static void Read(ReadOnlySpan<byte> blob, PackageIndexBuilder index)
    {
        if (!RpmHeader.TryOpen(blob, out var header) || !TryName(header, out var name))
        {
            index.IsComplete = false;
            return;
        }
        var names = header.Texts(RpmTag.BaseNames, out var count);
        if (count == 0)
        {
            // Keys of vendors are packages without a file.
            _ = header.Texts(RpmTag.OldFileNames, out var old);
            index.IsComplete &= old == 0;
            return;
        }
        if (index.Add(name) is >= 0 and var package)
            index.IsComplete &= TryFiles(header, names, count, package, index);
    }

    private static bool TryName(in RpmHeader header, out PackageName name)
    {
        var version = header.Text(RpmTag.Version);
        var architecture = header.Text(RpmTag.Architecture);
        var epoch = header.Numbers(RpmTag.Epoch).At(0, -1);
        // As rpm prints it: 1:9.16.23-11.el9
        byte[] whole = [.. Encoding.ASCII.GetBytes(epoch < 0 ? "" : $"{epoch}:"), .. version, (byte)'-', .. header.Text(RpmTag.Release)];
        name = new(header.Text(RpmTag.Name).ToArray(), whole, DatabaseText.IsName(architecture) ? architecture.ToArray() : []);
        return DatabaseText.IsName(name.Name) && !version.IsEmpty && DatabaseText.IsName(whole);
    }

    private static bool TryFiles(in RpmHeader header, ReadOnlySpan<byte> names, int count, int package, PackageIndexBuilder index)
    {
        var folders = header.Texts(RpmTag.Folders, out var folderCount);
        if (folderCount > MaxFolders || Starts(folders, folderCount) is not { } starts)
            return false;
        var folderOf = header.Numbers(RpmTag.FolderOfFile);
        var states = header.Numbers(RpmTag.FileStates);
        var modes = header.Numbers(RpmTag.FileModes);
        var flags = header.Numbers(RpmTag.FileFlags);
        var verify = header.Numbers(RpmTag.FileVerifyFlags);
        var digests = header.Texts(RpmTag.FileDigests, out var digestCount);
        if (folderOf.Count != count
            || !IsOfAll(states.Count, count) || !IsOfAll(modes.Count, count) || !IsOfAll(flags.Count, count) || !IsOfAll(verify.Count, count) || !IsOfAll(digestCount, count))
            return false;
        var isSha256 = header.Numbers(RpmTag.FileDigestAlgorithm).At(0, 0) == Sha256;

        Span<byte> path = stackalloc byte[PathAliases.MaxPath];
        for (var i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> digest = [];
            var of = folderOf.At(i, -1);
            if (!RpmHeader.TryTake(ref names, out var name) || (digestCount > 0 && !RpmHeader.TryTake(ref digests, out digest))
                || (uint)of >= (uint)folderCount || index.Files >= PackageIndexBuilder.MaxFiles)
                return false;
            var folder = folders[starts[of]..(starts[of + 1] - 1)];
            var (state, type) = (states.At(i, Normal), modes.At(i, RegularFile) & TypeBits);
            // What another package or architecture has put there is that one's; folders are nobody's program.
            if (state is not (Normal or NetShared) || type == Folder || folder.Length + name.Length > path.Length)
                continue;
            folder.CopyTo(path);
            name.CopyTo(path[folder.Length..]);
            // As with dpkg's conffiles: whoever sets up the machine makes or edits them.
            var isFixed = state == Normal && type == RegularFile && (flags.At(i, 0) & (Config | Ghost)) == 0 && (verify.At(i, -1) & VerifyDigest) != 0;
            index.Own(package, index.Aliases.KeyOf(path[..(folder.Length + name.Length)]), isFixed && isSha256 ? SumOf(digest) : null);
        }
        return true;
    }

    /// <summary>A tag that is not there says the same of all files.</summary>
    private static bool IsOfAll(int numbers, int files) => numbers == 0 || numbers == files;

    /// <returns>Where each folder's name begins, and where the one behind the last would; null when they are fewer.</returns>
    private static int[]? Starts(ReadOnlySpan<byte> folders, int count)
    {
        var starts = new int[count + 1];
        var rest = folders;
        for (var i = 0; i < count; i++)
        {
            if (!RpmHeader.TryTake(ref rest, out _))
                return null;
            starts[i + 1] = folders.Length - rest.Length;
        }
        return starts;
    }

    private static UInt128? SumOf(ReadOnlySpan<byte> digest)
    {
        Span<byte> bytes = stackalloc byte[16];
        return digest.Length == Sha256Digits && Convert.FromHexString(digest[..32], bytes, out _, out _) == OperationStatus.Done
            ? BinaryPrimitives.ReadUInt128BigEndian(bytes)
            : null;
    }
}
