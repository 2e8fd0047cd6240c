using Microsoft.Extensions.Time.Testing;
using Runtime.Agent.Capture;
using Runtime.Agent.Commands;
using Runtime.Agent.Health;
using Runtime.Agent.Reduction;
using Runtime.Agent.Streaming;
using Runtime.Agent.Tests.Reduction;
using Xunit;

namespace Runtime.Agent.Tests.Health;

public sealed class HealthTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("health-").FullName;
    private readonly StringWriter _text = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.Parse("2026-11-23T05:48:29.5Z", null));

    [Fact]
    public void Beat_Agent_IsAliveUntilItStops()
    {
        Assert.Contains("no agent has run", Heartbeat.Fault(_folder, _time.GetUtcNow()), StringComparison.Ordinal);
        var heartbeat = new Heartbeat(_folder, _time, Log());
        heartbeat.Beat();
        _time.Advance(TimeSpan.FromSeconds(3));
        heartbeat.Beat();
        Assert.Null(Heartbeat.Fault(_folder, _time.GetUtcNow() + TimeSpan.FromSeconds(14)));
        Assert.Contains("16 s old", Heartbeat.Fault(_folder, _time.GetUtcNow() + TimeSpan.FromSeconds(16)), StringComparison.Ordinal);
    }

    [Fact]
    public void Beat_FolderThatCannotBe_WarnsOnce()
    {
        var file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        var heartbeat = new Heartbeat(Path.Combine(file, "below"), _time, Log());
        heartbeat.Beat();
        heartbeat.Beat();
        Assert.Equal(1, _text.ToString().Count(c => c == '\n'));
    }

    [Fact]
    public void Check_OfAnAgentAtWork_SaysWhatItLostAndOfWhom()
    {
        Assert.Contains("no agent has run", Assert.Single(CheckCommand.AtWork(_folder, _time.GetUtcNow())).Words, StringComparison.Ordinal);
        var heartbeat = new Heartbeat(_folder, _time, Log());
        heartbeat.Beat();
        var losses = Ledger();
        losses.Write();
        Assert.Equal("alive; nothing lost since it started", Assert.Single(CheckCommand.AtWork(_folder, DateTimeOffset.UtcNow)).Words);

        var queue = new FactQueue(16, _time) { OnLoss = losses.Add };
        var container = FakeContainers.Record("c1") with { PodNamespace = "payments", PodName = "api-0", Name = "api" };
        var second = 1_000_000_000L;
        queue.Post(new LossFact(container, false, "file", "share_full", 400, 3 * second, 4 * second));
        queue.Post(new LossFact(container, false, "file", "share_full", 12, 4 * second, 5 * second));
        queue.Post(new LossFact(null, true, "process", "ring_full", 1, second, second));
        losses.Write();

        Assert.Equal(
            ["alive; lost 413 events since it started", "412 file events of payments/api-0 (api), 00:00:03 to 00:00:05 UTC: share_full", "1 process event of the host, 00:00:01 to 00:00:01 UTC: ring_full"],
            CheckCommand.AtWork(_folder, DateTimeOffset.UtcNow).Select(line => line.Words));
        File.WriteAllText(LossLedger.PathIn(_folder), "{");
        Assert.Contains("cannot be read", Assert.Single(CheckCommand.AtWork(_folder, DateTimeOffset.UtcNow)).Words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ledger_OfAFolderThatCannotBe_WarnsAndEnds()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        await new LossLedger(Path.Combine(file, "below"), _time, Log()).RunAsync(TestContext.Current.CancellationToken);
        Assert.Contains("will not say what this agent lost", _text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Ledger_OfManyOwners_KeepsThoseThatLostLast()
    {
        var losses = Ledger();
        for (var i = 1; i <= 3 * LossLedger.MaxLines; i++)
            losses.Add(new LossFact(FakeContainers.Record($"c{i}"), false, "file", "ring_full", 1, i, i));
        losses.Write();
        var lines = LossLedger.Read(_folder);
        Assert.Equal(LossLedger.MaxLines, lines.Count);
        Assert.Equal((3L * LossLedger.MaxLines, 2L * LossLedger.MaxLines + 1), (lines[0].LastUnixNs, lines[^1].LastUnixNs));
    }

    [Fact]
    public void Log_Message_IsOneLineWithoutControlCharacters()
    {
        Log().Warning("a\nb\u001b[31mc");
        Log().Debug("not shown");
        Assert.Equal("2026-11-23T05:48:29.500Z warning a\\x0ab\\x1b[31mc" + Environment.NewLine, _text.ToString());
    }

    [Fact]
    public void Identity_SameNode_IsStableAndDiffersByNodeAndCluster()
    {
        string Id(string cluster, string node) => AgentIdentity.OfThisMachine(cluster, node, _folder, Log()).AgentId;
        Assert.Equal(Id("a", "n"), Id("a", "n"));
        Assert.Equal(3, new[] { Id("a", "n"), Id("a", "m"), Id("b", "n") }.Distinct().Count());
        var identity = AgentIdentity.OfThisMachine("a", "", _folder, Log());
        Assert.Equal(Environment.MachineName, identity.Node);
        Assert.Equal(36, identity.BootId.Length);
        Assert.Matches(@"^\d+\.\d+\.\d+$", identity.Version);
    }

    [Theory]
    [InlineData("-1\n", false)]
    [InlineData("2\n", false)]
    [InlineData("3\n", true)] // Debian
    [InlineData("4\n", true)] // Ubuntu
    public void Paranoia_AboveLinuxsOwn_TakesSysAdmin(string setting, bool isRefused)
    {
        var line = NodeCheck.OfParanoia(setting);
        Assert.Equal(isRefused, line is { Result: CheckResult.Missing, Subject: "capability SYS_ADMIN" });
        Assert.Equal(isRefused, line?.Words.Contains($"kernel.perf_event_paranoid is {setting.Trim()}:", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void Check_AnyNode_SaysEveryPart()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        var lines = new NodeCheck(new CaptureOptions(), new()).Run().ToArray();
        Assert.Contains(lines, l => l is { Subject: "kernel", Result: CheckResult.Ok });
        Assert.Equal([.. HookCatalog.All.Select(h => $"hook {h.Name}"), "hook overlay"], lines.Select(l => l.Subject).Where(s => s.StartsWith("hook ", StringComparison.Ordinal)));
        Assert.Contains(lines, l => l.Subject == "cgroups");
        Assert.Contains(lines, l => l.Subject == "container runtime");
    }

    [Fact]
    public void Check_DisabledHook_SaysWhatIsLost()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        var lines = new NodeCheck(new CaptureOptions { DisabledHooks = new HashSet<string> { "unlink" } }, new()).Run().ToArray();
        var line = Assert.Single(lines, l => l.Subject == "hook unlink");
        Assert.Equal(CheckResult.Missing, line.Result);
        Assert.Contains("files removed through unlink()", line.Words, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private LossLedger Ledger() => new(_folder, _time, Log());

    private AgentLog Log() => new(_text, LogLevel.Information, _time);
}
