using System.Globalization;

namespace Runtime.Agent.Configuration;

/// <summary>Durations and sizes as people write them; the collector reads the same forms.</summary>
internal static class SettingText
{
    public const string DurationRule = "must be a duration: a number with ms, s, m, h or d, such as 250ms, 10s or 5m";
    public const string SizeRule = "must be a size: a number with B, KiB, MiB or GiB (or kB, MB, GB), such as 512KiB or 8MiB";

    // Longest first, so that "ms" is not read as "s" after "10m".
    private static readonly (string Unit, double Ticks)[] DurationUnits =
    [
        ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute), ("h", TimeSpan.TicksPerHour), ("d", TimeSpan.TicksPerDay),
    ];

    private static readonly (string Unit, double Bytes)[] SizeUnits =
    [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("B", 1),
    ];

    // "10s"  "1.5h"  "0"    not: "10" (of what?), "10 parsecs", "-5s", "1h30m"
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
            return true;
        if (!TryUnit(text, DurationUnits, out var ticks) || ticks > TimeSpan.FromDays(36_500).Ticks)
            return false;
        duration = TimeSpan.FromTicks((long)Math.Round(ticks));
        return true;
    }

    // "8MiB"  "65536" (bytes)    not: "8M" (1000 or 1024?), "8mib"
    public static bool TrySize(string text, out long bytes)
    {
        bytes = 0;
        if (!TryUnit(text, SizeUnits, out var number) && !TryNumber(text, out number))
            return false;
        if (number > 1L << 50 || number != Math.Floor(number))
            return false;
        bytes = (long)number;
        return true;
    }

    public static string Of(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
            return "0";
        for (var i = DurationUnits.Length - 1; i > 0; i--)
        {
            if (duration.Ticks % (long)DurationUnits[i].Ticks == 0)
                return (duration.Ticks / (long)DurationUnits[i].Ticks).ToString(CultureInfo.InvariantCulture) + DurationUnits[i].Unit;
        }
        return duration.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture) + "ms";
    }

    public static string OfSize(long bytes)
    {
        foreach (var (unit, factor) in (ReadOnlySpan<(string, long)>)[("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10)])
        {
            if (bytes != 0 && bytes % factor == 0)
                return (bytes / factor).ToString(CultureInfo.InvariantCulture) + unit;
        }
        return bytes.ToString(CultureInfo.InvariantCulture) + "B";
    }

    private static bool TryUnit(string text, (string Unit, double Factor)[] units, out double value)
    {
        value = 0;
        foreach (var (unit, factor) in units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;
            if (!TryNumber(text.AsSpan(0, text.Length - unit.Length), out value))
                return false;
            value *= factor;
            return true;
        }
        return false;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out double number) =>
        double.TryParse(text.TrimEnd(' '), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
}
