using System.Globalization;

namespace Runtime.Collector.Configuration;

/// <summary>Durations and sizes as people write them.</summary>
internal static class SettingText
{
    public const string DurationRule = "must be a duration: a whole or decimal number with ms, s, m, h or d, such as 250ms, 10s, 5m, 2h or 30d";
    public const string SizeRule = "must be a size: a whole or decimal number with B, KiB, MiB or GiB (or kB, MB, GB), such as 512KiB or 8MiB";

    // Longest unit first, so that "ms" is not read as "s" after "10m".
    private static readonly (string Unit, double Ticks)[] DurationUnits =
    [
        ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour), ("d", TimeSpan.TicksPerDay),
    ];

    private static readonly (string Unit, double Bytes)[] SizeUnits =
    [
        ("KiB", 1024d), ("MiB", 1024d * 1024), ("GiB", 1024d * 1024 * 1024), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("B", 1d),
    ];

    // "10s"  "1.5h"  "0" (zero needs no unit)  not: "10" (of what?), "10 parsecs", "-5s", "1h30m", "1e3s"
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }

        foreach (var (unit, ticksPerUnit) in DurationUnits)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
            {
                continue;
            }

            if (!TryParseNumber(text.AsSpan(0, text.Length - unit.Length), out var number) || number * ticksPerUnit > TimeSpan.MaxValue.Ticks / 2)
            {
                return false;
            }

            duration = TimeSpan.FromTicks((long)Math.Round(number * ticksPerUnit));
            return true;
        }

        return false;
    }

    // "8MiB"  "1.5GiB"  "4096" (bytes)  not: "8M" (1000 or 1024?), "8mib", "-1"
    public static bool TryParseSize(string text, out long bytes)
    {
        bytes = 0;
        foreach (var (unit, factor) in SizeUnits)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal))
            {
                return TryParseNumber(text.AsSpan(0, text.Length - unit.Length), out var number) && Scale(number, factor, out bytes);
            }
        }

        return TryParseNumber(text, out var plain) && plain == Math.Floor(plain) && Scale(plain, 1, out bytes);
    }

    /// <summary>The shortest exact form: "5m", "90s", "1.5s" never as "0.025m".</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
        {
            return "0";
        }

        for (var i = DurationUnits.Length - 1; i > 0; i--)
        {
            var (unit, ticksPerUnit) = DurationUnits[i];
            if (duration.Ticks % (long)ticksPerUnit == 0)
            {
                return (duration.Ticks / (long)ticksPerUnit).ToString(CultureInfo.InvariantCulture) + unit;
            }
        }

        return duration.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture) + "ms";
    }

    public static string FormatSize(long bytes)
    {
        foreach (var (unit, factor) in (ReadOnlySpan<(string, long)>)[("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10)])
        {
            if (bytes != 0 && bytes % factor == 0)
            {
                return (bytes / factor).ToString(CultureInfo.InvariantCulture) + unit;
            }
        }

        return bytes.ToString(CultureInfo.InvariantCulture) + "B";
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, out double number) =>
        double.TryParse(text.TrimEnd(' '), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    private static bool Scale(double number, double factor, out long bytes)
    {
        var scaled = Math.Round(number * factor);
        bytes = scaled < long.MaxValue ? (long)scaled : 0;
        return scaled < long.MaxValue;
    }
}
