using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Runtime.Collector.Detection;
using Runtime.Collector.Notifiers;
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
        var text = Text(Samples.Incident(), SyslogFormat.Json);
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
        var text = Text(incident, SyslogFormat.Cef);
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
        Assert.IsType<DeliveryResult.Retry>(await SendAsync($"syslog+tcp://127.0.0.1:{port}", SyslogFormat.Json, Samples.Incident()));
    }

    [Fact]
    public async Task Datagram_ThatIsTooLong_IsRefusedAndNotCut()
    {
        var result = await SendAsync("syslog+udp://127.0.0.1:9", SyslogFormat.Json, Samples.Incident() with { ProcessTree = new string('x', 70_000) });
        Assert.Contains("do not fit into a datagram", Assert.IsType<DeliveryResult.Rejected>(result).Words, StringComparison.Ordinal);
    }

    /// <summary>The real server parses what it is sent, by TCP and by UDP.</summary>
    [Theory]
    [InlineData("tcp", false)]
    [InlineData("tcp", true)]
    [InlineData("udp", false)]
    public async Task Rsyslog_ReadsItAsItWasMeant(string protocol, bool isCef)
    {
        Assert.SkipUnless(File.Exists(Program), "rsyslog is not installed");
        var port = FreePort();
        var log = Path.Combine(_folder, "log");
        await File.WriteAllTextAsync(Path.Combine(_folder, "conf"), $$"""
            module(load="im{{protocol}}")
            input(type="im{{protocol}}" address="127.0.0.1" port="{{port}}")
            template(name="line" type="string" string="%syslogseverity-text%|%hostname%|%app-name%|%msgid%|%structured-data%|%msg%\n")
            action(type="omfile" file="{{log}}" template="line")
            """, Stop);
        using var server = Process.Start(new ProcessStartInfo(Program, ["-n", "-f", Path.Combine(_folder, "conf"), "-i", Path.Combine(_folder, "pid")]) { RedirectStandardError = true })!;
        try
        {
            using var changed = new FileSystemWatcher(_folder, "log") { EnableRaisingEvents = true };
            DeliveryResult result;
            do
            {
                // It does not listen yet, and tells nobody when it does; of a datagram that came too early nobody hears.
                result = await SendAsync($"syslog+{protocol}://127.0.0.1:{port}", isCef ? SyslogFormat.Cef : SyslogFormat.Json, Samples.Incident());
                if (result is DeliveryResult.Delivered && protocol == "udp")
                {
                    changed.WaitForChanged(WatcherChangeTypes.All, 100);
                }
            }
            while (!server.HasExited && (result is not DeliveryResult.Delivered || !(File.Exists(log) && new FileInfo(log).Length > 0)) && !Stop.IsCancellationRequested);
            var line = (await File.ReadAllLinesAsync(log, Stop))[0].Split('|', 6);
            Assert.Equal(("err", "node-1", "runtime", "incident"), (line[0], line[1], line[2], line[3]));
            Assert.Contains("workload=\"shop/web (app)\"", line[4], StringComparison.Ordinal);
            if (isCef)
            {
                Assert.StartsWith("CEF:0|Runtime|Runtime|1|T1496|nginx started /tmp/x", line[5].TrimStart(), StringComparison.Ordinal);
            }
            else
            {
                using var json = JsonDocument.Parse(line[5]);
                Assert.Equal("inc-1", json.RootElement.GetProperty("incident").GetProperty("id").GetString());
            }
        }
        finally
        {
            server.Kill();
        }
    }

    private static string Text(Runtime.Collector.Incidents.Incident incident, SyslogFormat format) =>
        Encoding.UTF8.GetString(SyslogMessage.From(Samples.Delivery() with { Message = new AlertMessage(incident) }, incident, format, Samples.Now));

    private static async Task<DeliveryResult> SendAsync(string url, SyslogFormat format, Runtime.Collector.Incidents.Incident incident) =>
        await new SyslogNotifier(new NotifierOptions { Name = "log", Kind = NotifierKind.Syslog, Url = url, Format = format }, TimeProvider.System)
            .SendAsync(Samples.Delivery() with { Message = new AlertMessage(incident) }, Stop);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"^<(?<pri>\d+)>1 (?<time>\S+) (?<host>\S+) runtime - incident (?<data>\[runtime@32473( [a-z]+=""[^""]*"")+\]) (?<text>.*)$")]
    private static partial Regex Rfc5424();
}
