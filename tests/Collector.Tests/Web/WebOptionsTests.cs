using System.ComponentModel.DataAnnotations;
using Runtime.Collector.Web;
using Xunit;

namespace Runtime.Collector.Tests.Web;

public sealed class WebOptionsTests
{
    private static readonly string _file = typeof(WebOptionsTests).Assembly.Location;

    [Theory]
    [InlineData("", null)]
    [InlineData("127.0.0.1:7380", null)]
    [InlineData("[::1]:7380", null)]
    [InlineData("127.0.0.1", "ADDRESS:PORT")]
    [InlineData("127.0.0.1:0", "ADDRESS:PORT")]
    [InlineData("localhost:7380", "ADDRESS:PORT")]
    [InlineData("0.0.0.0:7380", "plain HTTP must not leave this one")]
    [InlineData("10.0.0.7:7380", "plain HTTP must not leave this one")]
    public void Listen_WithoutACertificate_TakesOnlyAnAddressOfThisMachine(string listen, string? fault) => Check(new WebOptions { Listen = listen }, fault);

    [Theory]
    [InlineData("https://runtime.example.com", null)]
    [InlineData("https://runtime.example.com:8443/", null)]
    [InlineData("", "answers only to names that it knows")]
    [InlineData("http://runtime.example.com", "must be https://HOST")]
    [InlineData("https://runtime.example.com/page", "must be https://HOST")]
    [InlineData("https://alice@runtime.example.com", "must be https://HOST")]
    [InlineData("runtime.example.com", "must be https://HOST")]
    public void PublicUrl_OfAPageForOtherMachines_IsAnOriginOverTls(string url, string? fault) =>
        Check(new WebOptions { Listen = "0.0.0.0:7443", Certificate = _file, Key = _file, PublicUrl = url }, fault);

    [Fact]
    public void Files_HalfOrMissingOrOfNoUse_AreTold()
    {
        Check(new WebOptions { Listen = "127.0.0.1:7380", Certificate = _file }, "set together");
        Check(new WebOptions { Listen = "127.0.0.1:7380", Certificate = _file, Key = "/nowhere" }, "that exists");
        Check(new WebOptions { Certificate = _file, Key = _file }, "no effect without Web:Listen");
        Check(new WebOptions { Listen = "127.0.0.1:7380", Certificate = _file, Key = _file }, null);
    }

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
