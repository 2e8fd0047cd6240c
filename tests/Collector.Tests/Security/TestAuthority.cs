using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Runtime.Collector.Tests.Security;

/// <summary>A certificate authority of its own, for one test.</summary>
internal sealed class TestAuthority : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;

    public TestAuthority(string name)
    {
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        Certificate = request.CreateSelfSigned(_now.AddDays(-1), _now.AddDays(30));
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2 Server(string name = "localhost", int days = 10) => Issue($"CN={name}", ServerAuthentication, null, days, name == "localhost" ? null : name);

    /// <param name="uri">Null for none; several are parted by a semicolon.</param>
    /// <param name="dns">Null for none but "localhost", which all have.</param>
    public X509Certificate2 Client(string subject, string? uri = null, int days = 10, string? dns = null) => Issue(subject, ClientAuthentication, uri, days, dns);

    public X509Certificate2 ServerOnly(string subject) => Issue(subject, ServerAuthentication, null, 10);

    public static void Write(string path, X509Certificate2 certificate) => File.WriteAllText(path, certificate.ExportCertificatePem());

    public static void WriteKey(string path, X509Certificate2 certificate) => File.WriteAllText(path, certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());

    private X509Certificate2 Issue(string subject, string usage, string? uri, int days, string? dns = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        if (dns is not null)
        {
            names.AddDnsName(dns);
        }

        foreach (var one in uri?.Split(';') ?? [])
        {
            names.AddUri(new Uri(one));
        }

        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(Certificate, days < 0 ? _now.AddHours(-2) : _now.AddHours(-1), days < 0 ? _now.AddHours(-1) : _now.AddDays(days), RandomNumberGenerator.GetBytes(8));
        using var withKey = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    public void Dispose()
    {
        Certificate.Dispose();
        _key.Dispose();
    }
}
