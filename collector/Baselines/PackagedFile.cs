using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Baselines;

/// <summary>A file of a package, as images are compared by it: 64 bits each of the SHA-256 of path, package and content.</summary>
/// <param name="Package">With version, architecture and distribution.</param>
internal readonly record struct PackagedFile(ulong Path, ulong Package, ulong Content)
{
    public (ulong Path, ulong Package) Key => (Path, Package);

    /// <returns>
    /// Null for what is not compared: where the distribution is not known another one may build the same version; scripts are edited by whoever builds an image.
    /// </returns>
    public static PackagedFile? Of(BinaryObservation binary) =>
        binary is { Sha256.Length: > 0, Package: { Name.Length: > 0, Version.Length: > 0, Distribution.Length: > 0 } package } && !binary.Traits.HasFlag(BinaryTraits.NotElf)
            ? new PackagedFile(Hash(binary.Path), PackageOf(package), Hash(binary.Sha256))
            : null;

    /// <summary>The image's own file and database say so; what does not match its package speaks for nobody but itself.</summary>
    public static bool IsWitness(BinaryObservation binary) =>
        binary.Package.Clears || (binary.Package.Verdict == PackageVerdict.OwnedWithoutSum && binary.Package.IsOfImage);

    /// <returns>0 when no package has it.</returns>
    public static ulong PackageOf(PackageFinding package) =>
        package.Name.Length == 0 ? 0 : Hash(string.Join('\0', package.Name, package.Version, package.Architecture, package.Distribution));

    public static ulong Hash(string text) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>What tells an image from another one that was built apart from it.</summary>
internal readonly record struct ImageIdentity(ulong Repository, ulong Digest)
{
    // registry:5000/shop/web:1.4@sha256:…    the repository is registry:5000/shop/web
    /// <returns>Null where an image has no name or no digest: it cannot be told from the next one.</returns>
    public static ImageIdentity? Of(string name, string digest)
    {
        var repository = name.Split('@')[0];
        var tag = repository.IndexOf(':', repository.LastIndexOf('/') + 1);
        repository = tag < 0 ? repository : repository[..tag];
        return repository.Length is 0 || digest.Length is 0 || repository == "sha256" ? null : new ImageIdentity(PackagedFile.Hash(repository), PackagedFile.Hash(digest));
    }
}
