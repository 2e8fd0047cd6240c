using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Runtime.Collector.Detection;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Tests.Security;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

public sealed partial class SyslogNotifierTests : IDisposable
{
    private const string Program = "/usr/sbin/rsyslogd";
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-syslog-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Message_IsOfRfc5424_WithJsonAsItsText()
    {
        var text = Text(Samples.Incident(), PayloadFormat.Json);
        var parts = Rfc5424().Match(text);
        Assert.True(parts.Success, text);
        Assert.Equal(("83", "2025-11-03T10:00:00.000000Z", "node-1"), (parts.Groups["pri"].Value, parts.Groups["time"].Value, parts.Groups["host"].Value));
        Assert.Contains("incident=\"inc-1\" revision=\"1\" severity=\"high\" workload=\"shop/web (app)\"", parts.Groups["data"].Value, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(parts.Groups["text"].Value);
        Assert.Equal("runtime.alert/1", json.RootElement.GetProperty("schema").GetString());
    }

    [Fact]
    public void Cef_EscapesItsOwnSeparators()
    {
        var incident = Samples.Incident() with { Title = "a|b\\c\nd", Evidence = [new Evidence("x=y\\z\r", 3)], Nodes = ["no de\n1"] };
        var text = Text(incident, PayloadFormat.Cef);
        Assert.DoesNotContain('\n', text);
        Assert.Contains(" node1 runtime - incident ", text, StringComparison.Ordinal);
        Assert.Contains(@"CEF:0|Runtime|Runtime|1|T1496|a\|b\\c\\nd|8|rt=", text, StringComparison.Ordinal);
        Assert.Contains(@"cs6Label=why cs6=x\=y\\z\\r msg=", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_ThatIsAway_IsTriedAgain()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        Assert.IsType<DeliveryResult.Retry>(await SendAsync($"syslog+tcp://127.0.0.1:{port}", PayloadFormat.Json, Samples.Incident()));
    }

    [Fact]
    public async Task Datagram_ThatIsTooLong_IsRefusedAndNotCut()
    {
        var result = await SendAsync("syslog+udp://127.0.0.1:9", PayloadFormat.Json, Samples.Incident() with { ProcessTree = new string('x', 70_000) });
        Assert.Contains("do not fit into a datagram", Assert.IsType<DeliveryResult.Rejected>(result).Words, StringComparison.Ordinal);
    }

    /// <summary>The real server parses what it is sent.</summary>
    [Theory]
    [InlineData("syslog+tcp", false)]
    [InlineData("syslog+tcp", true)]
    [InlineData("syslog+udp", false)]
    [InlineData("syslog+tls", false)]
    public async Task Rsyslog_ReadsItAsItWasMeant(string scheme, bool isCef)
    {
        var (server, port) = await RsyslogAsync(scheme);
        using (server)
        {
            var incident = Samples.Incident() with { Title = "nginx started /tmp/x\n<0>1 - forged", ScopeId = "prod/shop/Deployment/we\"b]x/app" };
            var result = await SendAsync($"{scheme}://127.0.0.1:{port}", isCef ? PayloadFormat.Cef : PayloadFormat.Json, incident, Authority(scheme));
            Assert.IsType<DeliveryResult.Delivered>(result);
            var line = (await server.LineAsync("|runtime|incident|")).Split('|', 6);
            Assert.Equal(("err", "node-1", "runtime", "incident"), (line[0], line[1], line[2], line[3]));
            Assert.Contains("workload=\"shop/we\\\"b\\]x (app)\"]", line[4], StringComparison.Ordinal);
            if (isCef)
            {
                Assert.StartsWith(@"CEF:0|Runtime|Runtime|1|T1496|nginx started /tmp/x\\n<0>1 - forged|", line[5].TrimStart(), StringComparison.Ordinal);
            }
            else
            {
                using var json = JsonDocument.Parse(line[5]);
                Assert.Equal("inc-1", json.RootElement.GetProperty("incident").GetProperty("id").GetString());
            }
        }
    }

    [Fact]
    public async Task Rsyslog_WithACertificateOfAnotherAuthority_IsNotTold()
    {
        var (server, port) = await RsyslogAsync("syslog+tls");
        using (server)
        using (var other = new TestAuthority("another"))
        {
            TestAuthority.Write(InFolder("other"), other.Certificate);
            Assert.IsType<DeliveryResult.Retry>(await SendAsync($"syslog+tls://127.0.0.1:{port}", PayloadFormat.Json, Samples.Incident(), InFolder("other")));
            Assert.IsType<DeliveryResult.Retry>(await SendAsync($"syslog+tls://127.0.0.1:{port}", PayloadFormat.Json, Samples.Incident()));
        }
    }

    /// <summary>rsyslogd on a free port of loopback; what it took comes as lines of its output.</summary>
    private async Task<(RealServer Server, int Port)> RsyslogAsync(string scheme)
    {
        Assert.SkipUnless(File.Exists(Program), "rsyslog is not installed (deploy/install-packages.sh tests)");
        var isTls = scheme == "syslog+tls";
        Assert.SkipUnless(!isTls || File.Exists("/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so") || File.Exists("/usr/lib/aarch64-linux-gnu/rsyslog/lmnsd_gtls.so"), "rsyslog-gnutls is not installed (deploy/install-packages.sh tests)");
        var module = scheme == "syslog+udp" ? "imudp" : "imtcp";
        var port = RealServer.FreePort();
        if (isTls)
        {
            using var authority = new TestAuthority("ours");
            using var certificate = authority.Server();
            TestAuthority.Write(InFolder("ca"), authority.Certificate);
            TestAuthority.Write(InFolder("certificate"), certificate);
            TestAuthority.WriteKey(InFolder("key"), certificate);
        }

        await File.WriteAllTextAsync(InFolder("conf"), $$"""
            global(processInternalMessages="on" {{(isTls ? $"defaultNetstreamDriver=\"gtls\" defaultNetstreamDriverCAFile=\"{InFolder("ca")}\" defaultNetstreamDriverCertFile=\"{InFolder("certificate")}\" defaultNetstreamDriverKeyFile=\"{InFolder("key")}\"" : "")}})
            module(load="{{module}}" {{(isTls ? "streamDriver.name=\"gtls\" streamDriver.mode=\"1\" streamDriver.authMode=\"anon\"" : "")}})
            input(type="{{module}}" address="127.0.0.1" port="{{port}}")
            template(name="line" type="string" string="%syslogseverity-text%|%hostname%|%app-name%|%msgid%|%structured-data%|%msg%\n")
            action(type="omfile" file="/dev/stdout" template="line")
            """, Stop);
        return (await RealServer.StartAsync(Program, ["-n", "-f", InFolder("conf"), "-i", InFolder("pid")], "] start"), port);
    }

    private string Authority(string scheme) => scheme == "syslog+tls" ? InFolder("ca") : "";

    private string InFolder(string name) => Path.Combine(_folder, name);

    private static string Text(Runtime.Collector.Incidents.Incident incident, PayloadFormat format) =>
        Encoding.UTF8.GetString(SyslogMessage.From(Samples.Delivery() with { Message = new AlertMessage(incident) }, incident, format, Samples.Now));

    private static async Task<DeliveryResult> SendAsync(string url, PayloadFormat format, Runtime.Collector.Incidents.Incident incident, string authorities = "") =>
        await new SyslogNotifier(new NotifierOptions { Name = "log", Kind = NotifierKind.Syslog, Url = url, Format = format, CaFile = authorities }, TimeProvider.System)
            .SendAsync(Samples.Delivery() with { Message = new AlertMessage(incident) }, Stop);

    [GeneratedRegex(@"^<(?<pri>\d+)>1 (?<time>\S+) (?<host>\S+) runtime - incident (?<data>\[runtime@32473( [a-z]+=""[^""]*"")+\]) (?<text>.*)$")]
    private static partial Regex Rfc5424();
}
