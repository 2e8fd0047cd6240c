using System.Security.Cryptography;

namespace Runtime.Cli.Exports;

/// <summary>
/// A detached signature beside a file, NAME.sig: ECDSA over P-256 with SHA-256, in DER, over the bytes as they are. `openssl dgst -sha256 -verify PUB.pem -signature NAME.sig NAME`
/// checks the same.
/// </summary>
internal static class BaselineSignature
{
    private const string P256 = "1.2.840.10045.3.1.7";
    private const int MaxKeyFile = 64 * 1024;
    private const int MaxSignature = 256;

    public static string PathOf(string file) => file + ".sig";

    /// <exception cref="UsageException">The key cannot be used.</exception>
    public static byte[] Sign(byte[] content, string keyPath)
    {
        using var key = Key("--sign", keyPath);
        try
        {
            return key.SignData(content, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException e)
        {
            throw new UsageException($"--sign {keyPath}: must be a private key: {e.Message}");
        }
    }

    /// <exception cref="UsageException">The file, its signature or the key cannot be read, or they do not belong together.</exception>
    public static void Verify(string file, byte[] content, string keyPath)
    {
        using var key = Key("--verify", keyPath);
        if (!key.VerifyData(content, Read("--verify", PathOf(file), MaxSignature), HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence))
        {
            throw new UsageException($"--verify {keyPath}: {PathOf(file)} is no signature of {file} by this key: one of the three was changed");
        }
    }

    private static ECDsa Key(string option, string path)
    {
        var text = System.Text.Encoding.UTF8.GetString(Read(option, path, MaxKeyFile));
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(text);
            if (key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value is P256)
            {
                return key;
            }
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new UsageException($"{option} {path}: must be an EC key of the curve P-256 as PEM, without a password: {e.Message}");
        }

        key.Dispose();
        throw new UsageException($"{option} {path}: must be of the curve P-256");
    }

    private static byte[] Read(string option, string path, int most)
    {
        try
        {
            return new FileInfo(path).Length <= most ? File.ReadAllBytes(path) : throw new UsageException($"{option} {path}: must have at most {most} bytes");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option} {path}: {e.Message}");
        }
    }
}
