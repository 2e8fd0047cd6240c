using CsCheck;
using Runtime.Agent.Configuration;
using Xunit;

namespace Runtime.Agent.Tests.Configuration;

public sealed class SettingTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("250ms", 250)]
    [InlineData("10s", 10_000)]
    [InlineData("1.5h", 5_400_000)]
    [InlineData("5m", 300_000)]
    [InlineData("2d", 172_800_000)]
    [InlineData("10 s", 10_000)]
    public void TryDuration_WithUnit_IsRead(string text, double milliseconds)
    {
        Assert.True(SettingText.TryDuration(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("-5s")]
    [InlineData("1h30m")]
    [InlineData("1e3s")]
    [InlineData("s")]
    [InlineData("10 parsecs")]
    [InlineData("99999999d")]
    public void TryDuration_Other_IsRefused(string text) => Assert.False(SettingText.TryDuration(text, out _));

    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("8MiB", 8 * 1024 * 1024)]
    [InlineData("1.5KiB", 1536)]
    [InlineData("2kB", 2000)]
    public void TrySize_WithUnit_IsRead(string text, long expected)
    {
        Assert.True(SettingText.TrySize(text, out var bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("8M")]
    [InlineData("8mib")]
    [InlineData("-1")]
    [InlineData("1.5B")]
    [InlineData("")]
    [InlineData("999999999GiB")]
    public void TrySize_Other_IsRefused(string text) => Assert.False(SettingText.TrySize(text, out _));

    [Fact]
    public void Of_AnyDuration_IsReadBack() =>
        Gen.Long[0, 1L << 40].Sample(milliseconds =>
        {
            var duration = TimeSpan.FromMilliseconds(milliseconds);
            Assert.True(SettingText.TryDuration(SettingText.Of(duration), out var read));
            Assert.Equal(duration, read);
        });
}
