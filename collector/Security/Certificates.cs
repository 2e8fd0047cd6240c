using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Runtime.Collector.Security;

/// <summary>The files of one door, as its settings name them.</summary>
/// <param name="Section">Of the settings, for words.</param>
/// <param name="ClientCa">Null for a door that asks for no client certificate.</param>
internal sealed record CertificateFiles(string Section, string Certificate, string Key, string? ClientCa);

/// <summary>A door's certificate and the authorities that it trusts, as they were in the files at one moment.</summary>
/// <param name="ClientAuthorities">Empty for a door that asks for no client certificate.</param>
/// <param name="Fingerprint">Of the files' content.</param>
internal sealed record CertificateSnapshot(
    SslStreamCertificateContext Server, X509Certificate2Collection ClientAuthorities, DateTimeOffset Expires, string Fingerprint)
{
    /// <exception cref="AccessException">A file cannot be read, is not PEM, or key and certificate do not belong together.</exception>
    public static CertificateSnapshot Read(CertificateFiles files)
    {
        var certificate = Text(files, files.Certificate, nameof(files.Certificate));
        var key = Text(files, files.Key, nameof(files.Key));
        var authority = files.ClientCa is null ? "" : Text(files, files.ClientCa, nameof(files.ClientCa));

        X509Certificate2 server;
        X509Certificate2Collection chain = [];
        try
        {
            server = X509Certificate2.CreateFromPem(certificate, key);
            chain.ImportFromPem(certificate);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new AccessException($"{files.Section}:Certificate = \"{files.Certificate}\", {files.Section}:Key = \"{files.Key}\": must be a PEM certificate and its own PEM key without a password: {e.Message}", e);
        }

        X509Certificate2Collection authorities = [];
        try
        {
            authorities.ImportFromPem(authority);
        }
        catch (CryptographicException e)
        {
            throw new AccessException($"{files.Section}:ClientCa = \"{files.ClientCa}\": must be PEM certificates: {e.Message}", e);
        }

        return authorities.Count == 0 && files.ClientCa is not null
            ? throw new AccessException($"{files.Section}:ClientCa = \"{files.ClientCa}\": must hold at least one PEM certificate: without one no client could be let in")
            : new(SslStreamCertificateContext.Create(server, chain, offline: true), authorities, server.NotAfter, Hash(certificate, key, authority));
    }

    /// <summary>What the files hold now; null when one cannot be read.</summary>
    public static string? FingerprintOf(CertificateFiles files)
    {
        try
        {
            return Hash(File.ReadAllText(files.Certificate), File.ReadAllText(files.Key), files.ClientCa is null ? "" : File.ReadAllText(files.ClientCa));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Hash(params string[] files) =>
        Convert.ToHexString(SHA256.HashData(global::System.Text.Encoding.UTF8.GetBytes(string.Join('\0', files))));

    private static string Text(CertificateFiles files, string path, string name)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AccessException($"{files.Section}:{name} = \"{path}\": cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>
/// Follows the certificate files: what issues them (cert-manager, SPIRE, an operator) replaces them while we run. Looks
/// at the content, because a mounted secret changes by a swapped symbolic link that no file watch of the path sees.
/// A new set that cannot be read leaves the old one in use. Connections that are open keep what they were made with.
/// </summary>
internal sealed partial class Certificates(CertificateFiles files, CertificateSnapshot first, TimeProvider time, ILogger<Certificates> logger) : BackgroundService
{
    public static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _warnBefore = TimeSpan.FromDays(3);

    // From here on, not from the first wait: whoever moves the clock meanwhile is not missed.
    private readonly PeriodicTimer _timer = new(LookEvery, time);
    private volatile CertificateSnapshot _current = first;
    private string? _refused;
    private bool _expiryTold;

    public CertificateSnapshot Current => _current;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _timer.WaitForNextTickAsync(stoppingToken))
        {
            Look();
        }
    }

    public override void Dispose()
    {
        _timer.Dispose();
        base.Dispose();
    }

    private void Look()
    {
        if (_current.Expires - time.GetUtcNow() < _warnBefore && !_expiryTold)
        {
            _expiryTold = true;
            Log.ExpiresSoon(logger, files.Certificate, _current.Expires);
        }

        var fingerprint = CertificateSnapshot.FingerprintOf(files);
        if (fingerprint is null || fingerprint == _current.Fingerprint || fingerprint == _refused)
        {
            return;
        }

        try
        {
            _current = CertificateSnapshot.Read(files);
            _refused = null;
            _expiryTold = false;
            Log.Reloaded(logger, files.Certificate, _current.Expires);
        }
        catch (AccessException e)
        {
            // Told once for each content. The files are often replaced one by one: the next look sees them whole.
            _refused = fingerprint;
            Log.NotReloaded(logger, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(8020, LogLevel.Information, "Certificate files were read again: {Path}, valid until {Expires:u}")]
        public static partial void Reloaded(ILogger logger, string path, DateTimeOffset expires);

        [LoggerMessage(8021, LogLevel.Error, "New certificate files cannot be used, the old ones stay: {Reason}")]
        public static partial void NotReloaded(ILogger logger, string reason);

        [LoggerMessage(8022, LogLevel.Warning, "The certificate {Path} ends {Expires:u}: after that nobody can connect")]
        public static partial void ExpiresSoon(ILogger logger, string path, DateTimeOffset expires);
    }
}
