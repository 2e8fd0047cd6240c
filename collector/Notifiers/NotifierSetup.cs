using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Runtime.Collector.Notifiers;

internal static class NotifierSetup
{
    /// <summary>Needs the options of Configuration, an <see cref="IOutbox"/>, an <see cref="IThreadLog"/> and an <see cref="IDigestLog"/>. Who tests a notifier asks for <see cref="OutboxDispatcher"/>.</summary>
    public static IServiceCollection AddNotifiers(this IServiceCollection services)
    {
        services.AddSingleton(provider => Create(
            provider.GetRequiredService<IReadOnlyList<NotifierOptions>>(), new WebhookPost(WebhookPost.CreateClient(), TimeProvider.System), provider.GetRequiredService<IThreadLog>(), TimeProvider.System));
        services.AddSingleton(provider => DigestAudience.Of(provider.GetRequiredService<NotifierDirectory>()));
        services.AddSingleton<DeliveryMeter>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<OutboxDispatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<OutboxDispatcher>());
        services.AddHostedService<RemovedNotifiers>();
        services.AddHostedService<DigestSchedule>();
        return services;
    }

    internal static NotifierDirectory Create(IReadOnlyList<NotifierOptions> all, WebhookPost post, IThreadLog threads, TimeProvider time) =>
        new([.. all.Select(options => new DiscreetNotifier(One(options, options.CaFile.Length == 0 ? post : new WebhookPost(WebhookPost.CreateClient(options.CaFile), time), threads, time)))]);

    private static INotifier One(NotifierOptions options, WebhookPost post, IThreadLog threads, TimeProvider time) => options.Kind switch
    {
        NotifierKind.Slack => new SlackNotifier(options, post),
        NotifierKind.SlackBot => new SlackBotNotifier(options, post, threads),
        NotifierKind.Webhook => new WebhookNotifier(options, post, time),
        NotifierKind.Teams => new TeamsNotifier(options, post),
        NotifierKind.PagerDuty => new PagerDutyNotifier(options, post),
        NotifierKind.Email => new EmailNotifier(options, time),
        NotifierKind.Syslog => new SyslogNotifier(options, time),
        NotifierKind.Alertmanager => new AlertmanagerNotifier(options, post),
        NotifierKind.OpenTelemetry => new OpenTelemetryNotifier(options, post, time),
        _ => throw new UnreachableException($"kind {options.Kind} passed the check of the settings"),
    };
}
