using System.Net;
using System.Net.Sockets;
using Runtime.Cli.Output;
using Runtime.Collector.Tests.Hosting;
using Runtime.Collector.Tests.Query;
using Runtime.Collector.Tests.Security;
using Runtime.Tests;
using Xunit;

namespace Runtime.Cli.Tests;

/// <summary>Terminals, hostile text, wrong input, no collector.</summary>
public sealed class SafetyTests
{
    private const string Hostile = "\e]0;owned\a\e[2J\r\n‮evil\u009b31m\u0000";

    [Theory]
    [InlineData("incidents show aaaa")]
    [InlineData("incidents list")]
    [InlineData("incidents show aaaa -o json")]
    [InlineData("incidents show aaaa -o yaml")]
    [InlineData("deviations list")]
    [InlineData("events list")]
    [InlineData("events list -o yaml")]
    public async Task HostileText_NeverReachesTheTerminal(string command)
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.Add(Sample.Incident("aaaa0001") with { Title = Hostile, ProcessTree = "sh\n  " + Hostile, Pods = [Hostile] });
        collector.Store.Deviations.Add(Sample.Deviation("dev00001", "aaaa0001") with { Title = Hostile, Key = Hostile, Evidence = [new(Hostile, 2, Hostile)] });
        collector.Store.Deliveries.Add(new("slack", "failed", 1, Sample.Noon, Hostile));
        collector.Store.Append(Sample.Exec(null, "/bin/" + Hostile, Hostile));

        var run = await CliRun.OfAsync(collector, command);

        Assert.Equal(0, run.ExitCode);
        Assert.DoesNotContain(run.Out + run.Error, letter => (char.IsControl(letter) && letter != '\n') || letter == '‮');
        Assert.Contains("evil", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Table_OnANarrowTerminal_FitsAndElsewhereIsNeverCut()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.Add(Sample.Incident("aaaa0001") with { Title = new string('x', 300) });

        var narrow = await CliRun.OfAsync(collector, "incidents list", width: 100);
        var piped = await CliRun.OfAsync(collector, "incidents list");

        Assert.All(narrow.Lines, line => Assert.True(line.Length <= 100));
        Assert.Contains("x…", narrow.Out, StringComparison.Ordinal);
        Assert.Contains(new string('x', 300), piped.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Colours_OnlyWhenTheTerminalHasThem()
    {
        await using var collector = await TestCollector.StartAsync();
        collector.Store.Incidents.Add(Sample.Incident("aaaa0001"));
        Assert.Contains("\e[1;31mcritical\e[0m", (await CliRun.OfAsync(collector, "incidents list", width: 120, colours: true)).Out, StringComparison.Ordinal);
        Assert.DoesNotContain("\e", (await CliRun.OfAsync(collector, "incidents list", width: 120)).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("incidents list --since yesterday", "--since yesterday: must be how long ago")]
    [InlineData("incidents list --since 2", "--since 2: must be")]
    [InlineData("incidents list --since -2h", "--since")]
    [InlineData("incidents list --since 99999999d", "more than 100 years ago")]
    [InlineData("incidents list --severity loud", "loud")]
    [InlineData("incidents list --kind file", "file")]
    [InlineData("incidents list --limit 0", "--limit 0: must be 1 to 1000")]
    [InlineData("incidents list --limit many", "many")]
    [InlineData("incidents close aaaa", "--verdict")]
    [InlineData("incidents show abc", "at least its first 4 characters")]
    [InlineData("incidents list --page-token zzz", "page_token = \"zzz\"")]
    [InlineData("incident list", "incident")]
    [InlineData("events --bogus", "--bogus")]
    [InlineData("status -o xml", "xml")]
    [InlineData("status --server http://x", "must be https://HOST:PORT")]
    [InlineData("status --server https://x", "needs --ca, and either --cert and --key or --token-file")]
    [InlineData("status --server https://x --ca y --cert z --key z --token-file z", "either --cert and --key or --token-file")]
    public async Task WrongInput_ExitsWith2AndNamesIt(string command, string words)
    {
        await using var collector = await TestCollector.StartAsync();
        var run = await CliRun.OfAsync(collector, command);
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(words, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task NoCollector_ExitsWith1AndSaysWhatToLookAt()
    {
        var run = await CliRun.OfAsync(["status", "--socket", "/tmp/there-is-no-such.sock"]);
        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("cannot reach the collector at unix:/tmp/there-is-no-such.sock: there is no such socket", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeadCollector_ExitsWith1AndSaysSo()
    {
        var folder = TestCollector.MakeFolder();
        var path = Path.Combine(folder, "dead.sock");
        using var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        dead.Bind(new UnixDomainSocketEndPoint(path));

        var run = await CliRun.OfAsync(["status", "--socket", path]);

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("nothing listens on the socket", run.Error, StringComparison.Ordinal);
        Directory.Delete(folder, true);
    }

    [Fact]
    public async Task RefusingCollector_ExitsWith1AndNamesTheGroup()
    {
        var folder = TestCollector.MakeFolder();
        var path = Path.Combine(folder, "closing.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var closing = Task.Run(async () =>
        {
            while (true)
            {
                (await listener.AcceptAsync(TestContext.Current.CancellationToken)).Dispose();
            }
        }, TestContext.Current.CancellationToken);

        var run = await CliRun.OfAsync(["status", "--socket", path]);

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("the group that its setting Listen:Group names", run.Error, StringComparison.Ordinal);
        listener.Dispose();
        await Assert.ThrowsAnyAsync<SocketException>(() => closing);
        Directory.Delete(folder, true);
    }

    [Fact]
    public async Task OverTls_WithACertificate_Asks_AndAnAgentsIsRefused()
    {
        var folder = TestCollector.MakeFolder();
        using var authority = new TestAuthority("authority");
        using var server = authority.Server();
        using var person = authority.Client("CN=alice,OU=operator");
        using var agent = authority.Client("CN=node1,OU=agent");
        foreach (var (name, certificate) in new[] { ("tls", server), ("alice", person), ("agent", agent) })
        {
            TestAuthority.Write(Path.Combine(folder, name + ".crt"), certificate);
            TestAuthority.WriteKey(Path.Combine(folder, name + ".key"), certificate);
        }

        TestAuthority.Write(Path.Combine(folder, "ca.crt"), authority.Certificate);
        var port = FreePort.Find();
        await using var collector = await TestCollector.StartAsync(
            options =>
            {
                options.Tcp = $"127.0.0.1:{port}";
                (options.Certificate, options.Key, options.ClientCa) = ($"{folder}/tls.crt", $"{folder}/tls.key", $"{folder}/ca.crt");
            },
            folder: folder);
        string[] place = ["--server", $"https://127.0.0.1:{port}", "--ca", $"{folder}/ca.crt"];

        var asked = await CliRun.OfAsync(["status", .. place, "--cert", $"{folder}/alice.crt", "--key", $"{folder}/alice.key"]);
        var refused = await CliRun.OfAsync(["status", .. place, "--cert", $"{folder}/agent.crt", "--key", $"{folder}/agent.key"]);

        Assert.Equal((0, ""), (asked.ExitCode, asked.Error));
        Assert.Equal(ExitCode.Failed, refused.ExitCode);
        Assert.Contains("your certificate needs the role operator", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OverTls_WithATokenOfACluster_Asks_AndARefusalSaysWhy()
    {
        var folder = TestCollector.MakeFolder();
        using var authority = new TestAuthority("authority");
        using var server = authority.Server();
        TestAuthority.Write(Path.Combine(folder, "tls.crt"), server);
        TestAuthority.WriteKey(Path.Combine(folder, "tls.key"), server);
        TestAuthority.Write(Path.Combine(folder, "ca.crt"), authority.Certificate);
        await using var api = await ApiServer.StartAsync();
        api.Tokens["alices"] = ("alice", ["sre"], ["runtime-collector"]);
        foreach (var (name, token) in new[] { ("own", ApiServer.OwnToken), ("good", "alices\n"), ("bad", "nobodys") })
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), token, TestContext.Current.CancellationToken);
        }

        var port = FreePort.Find();
        await using var collector = await TestCollector.StartAsync(
            options =>
            {
                options.Tcp = $"127.0.0.1:{port}";
                (options.Certificate, options.Key, options.ClientCa) = ($"{folder}/tls.crt", $"{folder}/tls.key", $"{folder}/ca.crt");
                options.TokenReview = new() { Enabled = true, ApiServer = api.Address, TokenFile = $"{folder}/own", CaFile = "", Roles = new() { Viewers = ["group:sre"] } };
            },
            folder: folder);
        string[] place = ["--server", $"https://127.0.0.1:{port}", "--ca", $"{folder}/ca.crt", "--token-file"];

        var asked = await CliRun.OfAsync(["status", .. place, $"{folder}/good"]);
        var refused = await CliRun.OfAsync(["status", .. place, $"{folder}/bad"]);
        var missing = await CliRun.OfAsync(["status", .. place, $"{folder}/nowhere"]);

        Assert.Equal((0, ""), (asked.ExitCode, asked.Error));
        Assert.Equal(ExitCode.Failed, refused.ExitCode);
        Assert.Contains("the cluster does not know the token", refused.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, missing.ExitCode);
        Assert.Contains("--token-file", missing.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", "incidents list --state open --since 2h")]
    [InlineData("incidents list --help", "--fail-on-any")]
    [InlineData("baseline export -h", "web.baseline.yaml")]
    public async Task Help_HasExamples(string command, string words)
    {
        var run = await CliRun.OfAsync(command.Split(' '));
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Examples:", run.Out, StringComparison.Ordinal);
        Assert.Contains(words, run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoCommand_ExitsWith2() => Assert.Equal(ExitCode.Usage, (await CliRun.OfAsync([])).ExitCode);

    [Fact]
    public async Task Completion_SuggestsCommands()
    {
        Assert.Contains("complete -o default -F _runtimectl runtimectl", (await CliRun.OfAsync(["completion"])).Out, StringComparison.Ordinal);
        Assert.Contains("incidents", (await CliRun.OfAsync(["[suggest:14]", "runtimectl inc"])).Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("日本", 4)]
    [InlineData("é", 1)]
    public void Width_IsInColumns(string text, int width) => Assert.Equal(width, TextTable.WidthOf(text));

    [Theory]
    [InlineData("no")]
    [InlineData("1e3")]
    [InlineData("2026-04-25")]
    [InlineData("~")]
    [InlineData("- x")]
    [InlineData("a: b")]
    [InlineData("")]
    [InlineData("line\nbreak")]
    [InlineData("#x")]
    public void Yaml_TextStaysText(string text)
    {
        var yaml = new YamlDotNet.RepresentationModel.YamlStream();
        yaml.Load(new StringReader(YamlText.Of(new System.Text.Json.Nodes.JsonObject { ["x"] = text })));
        var node = (YamlDotNet.RepresentationModel.YamlScalarNode)yaml.Documents[0].RootNode["x"];
        Assert.Equal(text, node.Value);
        Assert.Equal(YamlDotNet.Core.ScalarStyle.DoubleQuoted, node.Style);
    }
}
