using System.ComponentModel.DataAnnotations;
using Runtime.Collector.Security;
using Xunit;

namespace Runtime.Collector.Tests.Security;

public sealed class AccessOptionsTests
{
    // socket, tcp, certificate, key, authority, then the faults
    public static TheoryData<string, string, string, string, string, string[]> Wrong => new()
    {
        { "", "", "", "", "", ["Socket: must be a path"] },
        { "run/x.sock", "", "", "", "", ["Socket: must be an absolute path"] },
        { "/" + new string('x', 107), "", "", "", "", ["Socket: must be an absolute path of at most 107 bytes"] },
        { "/x", "0.0.0.0:8443", "", "", "", ["Certificate: must name a PEM file: Listen:Tcp demands TLS", "Key: must name", "ClientCa: must name"] },
        { "/x", "8443", "/etc/passwd", "/etc/passwd", "/etc/passwd", ["Tcp: must be ADDRESS:PORT"] },
        { "/x", "0.0.0.0:8443", "/etc/passwd", "/nowhere", "/etc/passwd", ["Key: must name a PEM file that exists"] },
        { "/x", "", "", "/etc/passwd", "", ["Key: has no effect without Listen:Tcp"] },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Validate_WithWrongSettings_NamesEach(string socket, string tcp, string certificate, string key, string authority, string[] words)
    {
        var options = new AccessOptions { Socket = socket, Tcp = tcp, Certificate = certificate, Key = key, ClientCa = authority };
        var faults = options.Validate(new ValidationContext(options)).Select(fault => $"{fault.MemberNames.Single()}: {fault.ErrorMessage}").ToList();
        Assert.Equal(words.Length, faults.Count);
        Assert.All(words, word => Assert.Contains(faults, fault => fault.StartsWith(word, StringComparison.Ordinal)));
    }

    [Fact]
    public void Validate_OfTheDefaults_FindsNothing() => Assert.Empty(new AccessOptions().Validate(new ValidationContext(new AccessOptions())));
}
