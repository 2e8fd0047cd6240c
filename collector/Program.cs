using Runtime.Collector.Baselines;
using Runtime.Collector.Configuration;
using Runtime.Collector.Hosting;
using Runtime.Collector.Ingest;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Query;
using Runtime.Collector.Rules;
using Runtime.Collector.Scopes;
using Runtime.Collector.Security;
using Runtime.Collector.Storage;
using Runtime.Collector.Web;

if (await Commands.TryAnswerAsync(args, Console.Out, Console.Error) is { } answer)
{
    return answer;
}

var builder = WebApplication.CreateSlimBuilder();
if (!builder.TryAddSettings(Commands.RunArguments(args), out var settings, out var exitCode))
{
    return exitCode;
}

try
{
    // In the order of the road; what is stopped last is added first.
    builder.Services.AddStorage(settings.Get<StorageOptions>());
    builder.Services.AddRules(settings.Get<RulesOptions>());
    builder.Services.AddScopes(settings.Get<ScopesOptions>(), settings.Get<BaselineOptions>(), services => services.GetRequiredService<NotifierDirectory>().NamesFor);
    builder.Services.AddIngest(settings.Get<IngestOptions>());
    builder.Services.AddNotifiers();
    builder.Services.AddQuery();
    builder.Services.AddHosting();
    builder.AddAccess(settings.Get<AccessOptions>());
    builder.AddWeb(settings.Get<WebOptions>());

    await using var app = builder.Build();
    app.ReserveDoors(settings.Get<AccessOptions>());
    app.UseWeb(settings.Get<WebOptions>());
    app.MapIngest(Caller.AgentPolicy);
    app.MapQuery();
    app.MapHealth();
    app.MapWeb(settings.Get<WebOptions>());

    StartLines.Write(app.Logger, settings);
    return await app.RunToTheEndAsync();
}
catch (RulesException e)
{
    return RulesCommand.Refuse(e.Faults, Console.Error);
}
catch (Exception e) when (e is AccessException or StoreOpenException)
{
    await Console.Error.WriteLineAsync("collector: " + PrintableText.Escape(e.Message));
    return SettingsSetup.ExitCodeBadSettings;
}
