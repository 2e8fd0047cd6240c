using System.Text;
using Microsoft.Data.Sqlite;
using Runtime.Collector.Tests.Notifiers;
using Xunit;

namespace Runtime.Collector.Tests.Hosting;

/// <summary>The whole program, from an agent's batch to the chat's message of the next day.</summary>
public sealed class DigestProcessTests : IDisposable
{
    private readonly string _folder = TestCollector.MakeFolder();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Digest_OfADayThatPassed_ReachesTheChatOnceThroughAKill()
    {
        await using var chat = await Receiver.StartAsync();
        string[] settings = ["--Digest:At=00:00", "--Notifiers:0:Name=chat", "--Notifiers:0:Kind=Slack", $"--Notifiers:0:Url={chat.Url}"];
        string id;
        await using (var collector = await CollectorProcess.StartAsync(_folder, settings))
        {
            using var channel = collector.Channel();
            var query = new V1.Query.QueryClient(channel);
            using var agent = await AgentCall.OpenAsync(channel, Stop);
            await agent.ExecAsync("/usr/bin/curl", memfd: false, Stop);
            V1.GetDigestResponse current;

            // Nothing of the API tells of an incident that pages nobody: it is asked for until it is there.
            while ((current = await query.GetDigestAsync(new(), cancellationToken: Stop)).Digests.Count == 0 || current.Last is null)
            {
                await Task.Delay(20, Stop);
            }

            var line = Assert.Single(Assert.Single(current.Digests).Lines);
            id = line.IncidentId;
            Assert.True(line.EValue >= 1 && line.EValue < line.Threshold, $"{line.EValue} of {line.Threshold}");
            Assert.Null(line.Told);
            Assert.Equal(0, await collector.SignalAsync("TERM"));
        }

        // The first start noted today's time as passed; now it was yesterday's.
        Assert.Equal(1, Sql("UPDATE digests SET slot = slot - 86400000000"));
        await using (var collector = await CollectorProcess.StartAsync(_folder, settings))
        {
            var message = await chat.NextAsync();
            Assert.Contains("Daily digest of default: 1 incident that did not alert", Encoding.UTF8.GetString(message.Body), StringComparison.Ordinal);
            Assert.Contains("runtimectl incidents show " + id, Encoding.UTF8.GetString(message.Body), StringComparison.Ordinal);
            Assert.Equal(137, await collector.SignalAsync("KILL"));
        }

        await using (var collector = await CollectorProcess.StartAsync(_folder, settings))
        {
            using var channel = collector.Channel();
            var digest = Assert.Single((await new V1.Query.QueryClient(channel).GetDigestAsync(new(), cancellationToken: Stop)).Digests);
            Assert.NotNull(Assert.Single(digest.Lines).Told);
            Assert.Equal(0, await collector.SignalAsync("TERM"));
        }

        Assert.Equal(1, Sql("UPDATE deliveries SET attempts = attempts WHERE kind = 'digest'"));
    }

    /// <returns>Rows changed.</returns>
    private int Sql(string statement)
    {
        using var connection = new SqliteConnection($"Data Source={_folder}/store/collector.db;Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        return command.ExecuteNonQuery();
    }
}
