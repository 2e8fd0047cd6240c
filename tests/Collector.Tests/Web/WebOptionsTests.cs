using System.ComponentModel.DataAnnotations;
using Runtime.Collector.Web;
using Xunit;

namespace Runtime.Collector.Tests.Web;

public sealed class WebOptionsTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("127.0.0.1:7380", null)]
    [InlineData("[::1]:7380", null)]
    [InlineData("127.0.0.1", "loopback")]
    [InlineData("127.0.0.1:0", "loopback")]
    [InlineData("0.0.0.0:7380", "must not leave the machine")]
    [InlineData("10.0.0.7:7380", "must not leave the machine")]
    [InlineData("localhost:7380", "loopback")]
    public void Listen_TakesOnlyAnAddressOfThisMachine(string listen, string? fault) => Check(new WebOptions { Listen = listen }, fault);

    [Theory]
    [InlineData("runtime.example.com", null)]
    [InlineData("runtime.example.com:443", "without a port")]
    [InlineData("http://runtime.example.com", "without a port")]
    [InlineData("", "without a port")]
    public void Names_AreHostNames(string name, string? fault) => Check(new WebOptions { Names = [name] }, fault);

    [Theory]
    [InlineData(60, 720, null)]
    [InlineData(0, 720, "must be from 1 minute")]
    [InlineData(721, 720, "to SessionLifetime")]
    [InlineData(60, 7 * 1440 + 1, "at most 7 days")]
    public void Times_AreBounded(int idle, int lifetime, string? fault) =>
        Check(new WebOptions { SessionIdle = TimeSpan.FromMinutes(idle), SessionLifetime = TimeSpan.FromMinutes(lifetime) }, fault);

    private static void Check(WebOptions options, string? fault)
    {
        var faults = options.Validate(new ValidationContext(options)).Select(result => result.ErrorMessage).ToList();
        if (fault is null)
        {
            Assert.Empty(faults);
        }
        else
        {
            Assert.Contains(faults, message => message!.Contains(fault, StringComparison.Ordinal));
        }
    }
}
