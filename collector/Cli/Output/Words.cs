using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Runtime.V1;

namespace Runtime.Cli.Output;

/// <summary>Values in words for people.</summary>
internal static class Words
{
    private const int ShortIdLength = 12;

    /// <summary>"sha256:9f86d081884c".</summary>
    public static string ShortDigest(string digest) => digest.IndexOf(':', StringComparison.Ordinal) is var colon && digest.Length > colon + 1 + ShortIdLength ? digest[..(colon + 1 + ShortIdLength)] : digest;

    public static string ShortId(string id) => id.Length <= ShortIdLength ? id : id[..ShortIdLength];

    public static string Of(Severity severity) => severity.ToString().ToLowerInvariant();

    /// <summary>"3m ago"; older than 30 days the date.</summary>
    public static string Ago(Timestamp? time, DateTimeOffset now)
    {
        if (time is null)
        {
            return "-";
        }

        var then = time.ToDateTimeOffset();
        var age = now - then;
        return age switch
        {
            // Clocks of nodes differ a little.
            _ when age < TimeSpan.FromSeconds(-5) => $"in {Span(-age)}",
            _ when age < TimeSpan.FromSeconds(1) => "now",
            _ when age < TimeSpan.FromDays(30) => $"{Span(age)} ago",
            _ => then.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        };
    }

    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => "0s",
        { TotalMinutes: < 1 } => $"{(int)span.TotalSeconds}s",
        { TotalHours: < 1 } => $"{(int)span.TotalMinutes}m",
        { TotalDays: < 2 } => $"{(int)span.TotalHours}h",
        _ => $"{(int)span.TotalDays}d",
    };

    public static string Moment(Timestamp? time) =>
        time is null ? "-" : time.ToDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string MomentAndAgo(Timestamp? time, DateTimeOffset now) => time is null ? "-" : $"{Moment(time)} ({Ago(time, now)})";

    public static string Number(ulong number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    public static string Number(double number) => number switch
    {
        >= 1e6 => number.ToString("0.#e+0", CultureInfo.InvariantCulture),
        >= 100 => number.ToString("#,0", CultureInfo.InvariantCulture),
        _ => number.ToString("0.###", CultureInfo.InvariantCulture),
    };

    public static string Bytes(ulong bytes) => bytes switch
    {
        >= 1UL << 30 => $"{(bytes / (double)(1UL << 30)).ToString("0.0", CultureInfo.InvariantCulture)} GiB",
        >= 1UL << 20 => $"{(bytes / (double)(1UL << 20)).ToString("0.0", CultureInfo.InvariantCulture)} MiB",
        >= 1UL << 10 => $"{(bytes / (double)(1UL << 10)).ToString("0.0", CultureInfo.InvariantCulture)} KiB",
        _ => $"{bytes} B",
    };

    public static string Count(ulong number, string one, string? many = null) => $"{Number(number)} {(number == 1 ? one : many ?? one + "s")}";

    /// <summary>"default/shop/Deployment/web/app" as "shop/web (app)", a host as "host node1"; anything else as it is.</summary>
    public static string Scope(string id)
    {
        var parts = id.Split('/').Select(Unescape).ToArray();
        return parts is not [_, var space, var kind, var name, var container] ? id
            : kind == "Host" ? $"host {name}"
            : (space.Length > 0 ? space + "/" : "") + name + (container.Length > 0 && container != name ? $" ({container})" : "");
    }

    private static string Unescape(string part) =>
        part == "-" ? "" : part.Replace("%2F", "/", StringComparison.Ordinal).Replace("%2D", "-", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);
}
