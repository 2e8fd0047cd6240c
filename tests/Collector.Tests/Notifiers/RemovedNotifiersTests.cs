using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Scopes;
using Runtime.Collector.Tests.Storage;
using Xunit;
using StoreSample = Runtime.Collector.Tests.Storage.Sample;

namespace Runtime.Collector.Tests.Notifiers;

public sealed class RemovedNotifiersTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_WithMessagesOfARemovedNotifier_TellsAndKeepsThemForTheRetention()
    {
        using var store = new TempStore();
        await store.AddAsync(1, StoreSample.Exec());
        var incident = StoreSample.Incident("i1", StoreSample.Web.Id);
        await store.Scopes.SaveAsync(
            StoreSample.Web.Id, new ScopeRecord { Alerts = [new AlertRow("chat", incident), new AlertRow("old", incident), new AlertRow("old", incident with { Revision = 2 })] }, 0, StoreSample.Now, Stop);
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        using var dropped = new Measurements(meters, "collector.notifier.dropped");
        var directory = NotifierSetup.Create(
            [new NotifierOptions { Name = "chat", Kind = NotifierKind.Slack, Url = "http://127.0.0.1:9/" }], new WebhookPost(WebhookPost.CreateClient(), store.Time), new MemoryThreads(), store.Time);
        using var logging = LoggerFactory.Create(builder => builder.AddProvider(store.Logs));
        using var removed = new RemovedNotifiers(directory, store.Outbox, store.Options, new DeliveryMeter(meters), store.Time, logging.CreateLogger<RemovedNotifiers>());

        await removed.StartAsync(Stop);
        await store.Logs.LineAsync("2 messages wait for old, which the settings have no more");
        Assert.Contains(store.Logs.All, line => line.Contains("1 messages wait for chat", StringComparison.Ordinal));
        store.Time.Advance(store.Options.IncidentRetention - TimeSpan.FromHours(1));
        Assert.Equal(2, (await store.Outbox.ListWaitingAsync(Stop)).Single(messages => messages.Notifier == "old").Count);
        Assert.Empty(dropped.All);

        store.Time.Advance(TimeSpan.FromHours(2));
        await store.Logs.LineAsync("2 messages for old dropped");
        Assert.Equal([(2L, "notifier=old reason=notifier_removed")], dropped.All);
        Assert.Equal([new WaitingMessages("chat", 1)], await store.Outbox.ListWaitingAsync(Stop));
        await removed.StopAsync(Stop);
    }
}
