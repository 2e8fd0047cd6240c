using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Runtime.Collector.Ingest;
using Runtime.Collector.Inventory;
using Runtime.Collector.Scopes;
using Runtime.Collector.Storage;
using Runtime.Collector.Tests.Ingest;
using Runtime.Collector.Tests.Query;
using Runtime.V1;
using Xunit;

namespace Runtime.Collector.Tests.Inventory;

/// <summary>Agents' streams against the real server and store.</summary>
public sealed class HashSharingTests : IAsyncLifetime
{
    private const int Bound = 100;
    private static readonly string Image = "sha256:" + new string('a', 64);
    private static readonly ByteString A = Bytes(1), B = Bytes(2);

    private readonly IngestOptions _options = new() { SharedHashes = Bound };
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero));
    private IngestHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await IngestHost.StartAsync(
        _options, services => services.AddSingleton<TimeProvider>(_time).AddSingleton<IScopeDirectory>(new FakeStore()));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task SecondAgent_IsToldWhatTheFirstRead()
    {
        using var first = await OpenAsync("agent-1");
        Assert.True(first.Welcome.SharesHashes);
        Assert.Equal("7:", Words(await AskAsync(first, Question(7))));
        await TellAsync(first, Report(A));
        using var second = await OpenAsync("agent-2");
        Assert.Equal($"1:{A.ToBase64()} 2: 3:", Words(await AskAsync(second, Question(1), Question(2, path: "/usr/bin/other"), Question(3, modified: 6))));
    }

    [Fact]
    public async Task Hash_IsConfirmed_ByAnotherNodeAlone()
    {
        using var first = await OpenAsync("agent-1");
        await TellAsync(first, Report(A));
        await TellAsync(first, Report(A));
        Assert.False((await AskAsync(first, Question(1))).Answers[0].Confirmed);
        using var second = await OpenAsync("agent-2");
        await TellAsync(second, Report(A));
        Assert.True((await AskAsync(first, Question(1))).Answers[0].Confirmed);
    }

    [Fact]
    public async Task Hash_OfOneWitnessWhereOneIsEnough_IsConfirmed()
    {
        _options.HashWitnesses = 1;
        using var first = await OpenAsync("agent-1");
        await TellAsync(first, Report(A));
        Assert.True((await AskAsync(first, Question(1))).Answers[0].Confirmed);
    }

    [Fact]
    public async Task NodeThatLiesAboutWhatWasConfirmed_EndsTheSharing_AndDeceivesNobody()
    {
        using var first = await OpenAsync("agent-1");
        using var second = await OpenAsync("agent-2");
        using var liar = await OpenAsync("agent-3");
        await TellAsync(first, Report(A));
        await TellAsync(second, Report(A));
        await TellAsync(liar, Report(B));
        var answer = (await AskAsync(first, Question(1))).Answers[0];
        Assert.Equal((ByteString.Empty, false), (answer.Sha256, answer.Confirmed));
    }

    [Fact]
    public async Task OtherCluster_IsToldNothing()
    {
        using var first = await OpenAsync("agent-1");
        await TellAsync(first, Report(A));
        using var other = await OpenAsync("agent-2", "elsewhere");
        Assert.Equal("1:", Words(await AskAsync(other, Question(1))));
    }

    [Fact]
    public async Task Disagreement_EndsTheSharingOfTheFile_ForGood()
    {
        using var first = await OpenAsync("agent-1");
        await TellAsync(first, Report(A));
        await TellAsync(first, Report(B));
        Assert.Equal("1:", Words(await AskAsync(first, Question(1))));
        await TellAsync(first, Report(A));
        Assert.Equal("1:", Words(await AskAsync(first, Question(1))));
    }

    public static TheoryData<Action<V1.FileHash>> Faults => new()
    {
        file => file.ImageDigest = "nginx:1.25",
        file => file.Path = ByteString.Empty,
        file => file.Path = ByteString.CopyFromUtf8("bin/sh"),
        file => file.Path = ByteString.CopyFromUtf8("/bin\0/sh"),
        file => file.Path = ByteString.CopyFrom([(byte)'/', .. new byte[4096]]),
        file => file.Size = ulong.MaxValue,
        file => file.Sha256 = ByteString.CopyFromUtf8("short"),
        file => file.Sha256 = ByteString.Empty,
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Report_AgainstTheRules_IsNotKept(Action<V1.FileHash> damage)
    {
        using var agent = await OpenAsync("agent-1");
        var report = Report(A);
        damage(report);
        await TellAsync(agent, report);
        Assert.Equal("1:", Words(await AskAsync(agent, Question(1))));
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task Hashes_OverTheBound_LoseTheLongestUnused()
    {
        using var agent = await OpenAsync("agent-1");
        for (var i = 0; i < Bound; i++)
            await TellAsync(agent, Report(A, $"/old/{i}"));
        _time.Advance(TimeSpan.FromDays(2));
        // A question is a use.
        Assert.Equal($"1:{A.ToBase64()}", Words(await AskAsync(agent, Question(1, "/old/5"))));
        await TellAsync(agent, Report(A, "/new"));
        Assert.InRange(await CountAsync(), 2, Bound);
        Assert.Equal($"1:{A.ToBase64()} 2:{A.ToBase64()}", Words(await AskAsync(agent, Question(1, "/old/5"), Question(2, "/new"))));
    }

    private Task<AgentCall> OpenAsync(string id, string cluster = "default")
    {
        var hello = WireBatch.Hello();
        (hello.AgentId, hello.Node, hello.Cluster) = (id, id, cluster);
        return AgentCall.OpenAsync(_host.Channel, hello);
    }

    private static async Task<HashAnswers> AskAsync(AgentCall agent, params V1.FileHash[] questions)
    {
        await agent.WriteAsync(new AgentMessage { Hashes = new FileHashes { Files = { questions } } });
        return (await agent.ReadAsync()).Hashes;
    }

    /// <summary>A stream's messages are taken in order: with the answer to what was asked after it, it is kept.</summary>
    private static async Task TellAsync(AgentCall agent, V1.FileHash report)
    {
        await agent.WriteAsync(new AgentMessage { Hashes = new FileHashes { Files = { report } } });
        _ = await AskAsync(agent, Question(1, "/nothing"));
    }

    private Task<long> CountAsync() => _host.Services.GetRequiredService<Database>().ReadAsync(
        session => session.Number("SELECT count(*) FROM file_hashes")!.Value, TestContext.Current.CancellationToken);

    private static V1.FileHash Question(ulong number, string path = "/usr/bin/tool", long modified = 5) =>
        new() { ImageDigest = Image, Path = ByteString.CopyFromUtf8(path), Size = 100_000, ModifiedUnixNs = modified, Question = number };

    private static V1.FileHash Report(ByteString sha256, string path = "/usr/bin/tool")
    {
        var report = Question(0, path);
        report.Sha256 = sha256;
        return report;
    }

    private static string Words(HashAnswers answers) => string.Join(' ', answers.Answers.Select(answer => $"{answer.Question}:{answer.Sha256.ToBase64()}"));

    private static ByteString Bytes(byte value) => ByteString.CopyFrom([.. Enumerable.Repeat(value, 32)]);
}
