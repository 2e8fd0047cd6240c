using CsCheck;
using Runtime.Collector.Configuration;
using Xunit;

namespace Runtime.Collector.Tests.Configuration;

public sealed class SettingTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("250ms", 250)]
    [InlineData("10s", 10_000)]
    [InlineData("10 s", 10_000)]
    [InlineData("5m", 300_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("30d", 2_592_000_000)]
    public void Duration_WithUnit_IsRead(string text, long milliseconds)
    {
        Assert.True(SettingText.TryParseDuration(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("10")]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("1h30m")]
    [InlineData("10 parsecs")]
    [InlineData("5M")]
    [InlineData("1e3s")]
    [InlineData("NaNs")]
    [InlineData("99999999999999999d")]
    [InlineData("00:05:00")]
    public void Duration_WithoutUnitOrSense_IsRefused(string text) => Assert.False(SettingText.TryParseDuration(text, out _));

    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("4096B", 4096)]
    [InlineData("8MiB", 8 << 20)]
    [InlineData("1.5GiB", 1610612736)]
    [InlineData("8MB", 8_000_000)]
    [InlineData("64 kB", 64_000)]
    public void Size_WithUnit_IsRead(string text, long expected)
    {
        Assert.True(SettingText.TryParseSize(text, out var bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("8M")]
    [InlineData("8mib")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("99999999999GiB")]
    public void Size_ThatIsUnclear_IsRefused(string text) => Assert.False(SettingText.TryParseSize(text, out _));

    [Fact]
    public void Duration_FormattedAndReadAgain_IsTheSame() =>
        Gen.Long[0, TimeSpan.FromDays(3650).Ticks].Select(ticks => TimeSpan.FromTicks(ticks - (ticks % TimeSpan.TicksPerMicrosecond)))
            .Sample(duration => SettingText.TryParseDuration(SettingText.Format(duration), out var again) && again == duration);

    [Fact]
    public void Size_FormattedAndReadAgain_IsTheSame() =>
        Gen.Long[0, 1L << 50].Sample(bytes => SettingText.TryParseSize(SettingText.FormatSize(bytes), out var again) && again == bytes);
}
