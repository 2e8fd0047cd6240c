using System.ComponentModel.DataAnnotations;
using System.Net;
using Runtime.Collector.Security;
using Runtime.Collector.Web.Access.Oidc;

namespace Runtime.Collector.Web;

/// <summary>The web page for people who would rather look than read.</summary>
internal sealed class WebOptions : IValidatableObject
{
    public const string Section = "Web";

    private const int MaxNames = 16;
    private static readonly TimeSpan _leastIdle = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _mostLifetime = TimeSpan.FromDays(7);

    /// <summary>Address and port of the page, such as 127.0.0.1:7380; "runtimectl web" prints a link that opens it. One that other machines reach, such as 0.0.0.0:7443, needs Certificate, Key and PublicUrl: plain HTTP is spoken on loopback only. Empty: no page.</summary>
    public string Listen { get; set; } = "";

    /// <summary>PEM file with the page's certificate, followed by its intermediates; the page then speaks TLS. Read again when it changes.</summary>
    public string Certificate { get; set; } = "";

    /// <summary>PEM file with the certificate's private key.</summary>
    public string Key { get; set; } = "";

    /// <summary>Where people open the page, such as https://runtime.example.com: the page answers to this name, and links begin with it. Without Certificate it is the address of a proxy on this machine that speaks TLS. Empty: the address of Listen.</summary>
    public string PublicUrl { get; set; } = "";

    /// <summary>More names, without a port, that the page answers to, as of a proxy on this machine that offers it over TLS. A request for a name that is neither one of these, nor PublicUrl's, nor localhost, 127.0.0.1 or [::1] is refused. At most 16.</summary>
    public IReadOnlyList<string> Names { get; set; } = [];

    /// <summary>How long a session lasts in which nobody does anything; a page that only shows what comes counts as nothing. 1 minute to SessionLifetime; default 1 hour.</summary>
    public TimeSpan SessionIdle { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a session lasts whatever is done in it. SessionIdle to 7 days; default 12 hours.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>A provider of OpenID Connect that people sign in at.</summary>
    public OidcOptions Oidc { get; set; } = new();

    /// <summary>Null when <see cref="Listen"/> is empty or cannot be used.</summary>
    public IPEndPoint? EndPoint => IPEndPoint.TryParse(Listen, out var endPoint) && endPoint.Port > 0 ? endPoint : null;

    /// <summary>Null for a page that speaks plain HTTP.</summary>
    public CertificateFiles? CertificateFiles => Certificate.Length > 0 ? new(Section, Certificate, Key, ClientCa: null) : null;

    /// <summary>What the address of a page begins with: "https://runtime.example.com".</summary>
    public string Origin => PublicUrl.Length > 0 ? new Uri(PublicUrl).GetLeftPart(UriPartial.Authority) : $"{(CertificateFiles is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps)}://{EndPoint}";

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Listen.Length > 0 && EndPoint is null)
        {
            yield return new("must be ADDRESS:PORT with a numeric address, such as 127.0.0.1:7380 or 0.0.0.0:7443", [nameof(Listen)]);
        }

        foreach (var fault in FileFaults())
        {
            yield return fault;
        }

        if (PublicUrl.Length > 0 && !IsOrigin(PublicUrl))
        {
            yield return new("must be https://HOST or https://HOST:PORT, without a path", [nameof(PublicUrl)]);
        }

        if (IsPublic && PublicUrl.Length == 0)
        {
            yield return new($"must be set, such as https://runtime.example.com: {Section}:{nameof(Listen)} = \"{Listen}\" is reached from other machines, and the page answers only to names that it knows", [nameof(PublicUrl)]);
        }

        if (Oidc.IsOn && Listen.Length == 0)
        {
            yield return new($"has no effect without {Section}:{nameof(Listen)}", [nameof(Oidc)]);
        }

        if (Names.Count > MaxNames || Names.Any(name => Uri.CheckHostName(name) == UriHostNameType.Unknown))
        {
            yield return new($"must be at most {MaxNames} host names without a port, such as runtime.example.com", [nameof(Names)]);
        }

        if (SessionIdle < _leastIdle || SessionIdle > SessionLifetime)
        {
            yield return new($"must be from {_leastIdle.TotalMinutes:0} minute to SessionLifetime", [nameof(SessionIdle)]);
        }

        if (SessionLifetime > _mostLifetime)
        {
            yield return new($"must be at most {_mostLifetime.TotalDays:0} days", [nameof(SessionLifetime)]);
        }
    }

    private bool IsPublic => EndPoint is { } endPoint && !IPAddress.IsLoopback(endPoint.Address);

    private IEnumerable<ValidationResult> FileFaults()
    {
        foreach (var (name, value, other) in new[] { (nameof(Certificate), Certificate, Key), (nameof(Key), Key, Certificate) })
        {
            if (value.Length > 0 && Listen.Length == 0)
            {
                yield return new($"has no effect without {Section}:{nameof(Listen)}", [name]);
            }
            else if (value.Length == 0 && (IsPublic || other.Length > 0))
            {
                yield return new(IsPublic
                    ? $"must name a PEM file: {Section}:{nameof(Listen)} = \"{Listen}\" is reached from other machines, and plain HTTP must not leave this one"
                    : "must name a PEM file: certificate and key are set together", [name]);
            }
            else if (value.Length > 0 && !File.Exists(value))
            {
                yield return new("must name a PEM file that exists and that the collector may read", [name]);
            }
        }
    }

    private static bool IsOrigin(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps && url.UserInfo.Length == 0 && url.PathAndQuery == "/" && url.Fragment.Length == 0;
}
