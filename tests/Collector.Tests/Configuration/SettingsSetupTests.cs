using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Runtime.Collector.Configuration;
using Runtime.Collector.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Configuration;

public sealed class SettingsSetupTests
{
    [Fact]
    public void Settings_ThatAreRight_AreServedAndTheHostsOwnSourcesAreCutOff()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = ["--urls", "http://0.0.0.0:8080"] });

        Assert.True(builder.TryAddSettings(["--Outbox:GiveUpAfter=2h", "--Notifiers:0:Name=a", "--Notifiers:0:Kind=Slack", "--Notifiers:0:Url=https://a.example.org/"], out var settings, out _));

        using var services = builder.Services.BuildServiceProvider();
        Assert.Null(builder.Configuration["urls"]);
        Assert.Equal(TimeSpan.FromHours(2), services.GetRequiredService<OutboxOptions>().GiveUpAfter);
        Assert.Same(settings.Get<OutboxOptions>(), services.GetRequiredService<IOptions<OutboxOptions>>().Value);
        Assert.Equal("a", Assert.Single(services.GetRequiredService<IReadOnlyList<NotifierOptions>>()).Name);
    }

    [Theory]
    [InlineData("--Outbox:GiveUpAfter=10", 2)]
    [InlineData("--help", 0)]
    [InlineData("--version", 0)]
    public void Program_WithNothingToStart_EndsWithItsCode(string argument, int expected)
    {
        Assert.False(WebApplication.CreateSlimBuilder().TryAddSettings([argument], out var settings, out var exitCode));

        Assert.Null(settings);
        Assert.Equal(expected, exitCode);
    }
}
