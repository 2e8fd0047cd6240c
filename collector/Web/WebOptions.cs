using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Runtime.Collector.Web;

/// <summary>The web page for people who would rather look than read.</summary>
internal sealed class WebOptions : IValidatableObject
{
    public const string Section = "Web";

    private const int MaxNames = 16;
    private static readonly TimeSpan _leastIdle = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _mostLifetime = TimeSpan.FromDays(7);

    /// <summary>Address and port of the page on this machine, such as 127.0.0.1:7380; "runtimectl web" prints a link that opens it. Only a loopback address: the page speaks plain HTTP. Empty: no page.</summary>
    public string Listen { get; set; } = "";

    /// <summary>Names, without a port, of a proxy on this machine that offers the page over TLS. A request for a name that is neither one of these nor localhost, 127.0.0.1 or [::1] is refused. At most 16.</summary>
    public IReadOnlyList<string> Names { get; set; } = [];

    /// <summary>How long a session lasts in which nobody does anything; a page that only shows what comes counts as nothing. 1 minute to SessionLifetime; default 1 hour.</summary>
    public TimeSpan SessionIdle { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a session lasts whatever is done in it. SessionIdle to 7 days; default 12 hours.</summary>
    public TimeSpan SessionLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>Null when <see cref="Listen"/> is empty or cannot be used.</summary>
    public IPEndPoint? EndPoint => IPEndPoint.TryParse(Listen, out var endPoint) && endPoint.Port > 0 && IPAddress.IsLoopback(endPoint.Address) ? endPoint : null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Listen.Length > 0 && EndPoint is null)
        {
            yield return new("must be a loopback address and a port, such as 127.0.0.1:7380 or [::1]:7380: the page speaks plain HTTP, which must not leave the machine", [nameof(Listen)]);
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
}
