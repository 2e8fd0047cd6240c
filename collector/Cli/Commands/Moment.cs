using System.Globalization;

namespace Runtime.Cli.Commands;

/// <summary>Points in time as people write them.</summary>
internal static class Moment
{
    private const string Rule = "must be how long ago (30s, 10m, 2h, 7d, 2w) or a time: 2026-04-25, 2026-04-25T13:00, 2026-04-25T13:00:00Z (UTC unless it says otherwise)";

    private static readonly Dictionary<char, TimeSpan> _units = new()
    {
        ['s'] = TimeSpan.FromSeconds(1), ['m'] = TimeSpan.FromMinutes(1), ['h'] = TimeSpan.FromHours(1), ['d'] = TimeSpan.FromDays(1), ['w'] = TimeSpan.FromDays(7),
    };

    /// <exception cref="UsageException">Neither form.</exception>
    public static DateTimeOffset Parse(string option, string text, DateTimeOffset now)
    {
        // "2h" "1.5d" "90m", not "2" and not "-2h": a sign would be a guess at what is meant.
        if (text.Length > 1 && _units.TryGetValue(text[^1], out var unit)
            && double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return number * unit.TotalDays < 36500 ? now - (number * unit) : throw new UsageException($"{option} {text}: is more than 100 years ago");
        }

        return char.IsAsciiDigit(text.FirstOrDefault()) && text.Length >= 10
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw new UsageException($"{option} {text}: {Rule}");
    }
}
