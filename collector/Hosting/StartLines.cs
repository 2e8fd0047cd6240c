using Runtime.Collector.Configuration;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Rules;
using Runtime.Collector.Security;
using Runtime.Collector.Storage;
using Runtime.Collector.Web;

namespace Runtime.Collector.Hosting;

/// <summary>One line for each feature at the start: on or off, and why. The first thing to read in a log.</summary>
internal static class StartLines
{
    public static void Write(ILogger logger, Settings settings)
    {
        var access = settings.Get<AccessOptions>();
        logger.LogInformation("Storage: {Path}", settings.Get<StorageOptions>().Path);
        if (access.Socket.Length > 0)
        {
            logger.LogInformation(
                "Unix socket: {Socket}, for root, the collector's own user{Group}", access.Socket, access.Group.Length > 0 ? $" and the group {access.Group}" : "; Listen:Group names nobody else");
        }
        else
        {
            logger.LogInformation("Unix socket: off, Listen:Socket is empty");
        }

        if (access.TcpEndPoint is { } tcp)
        {
            logger.LogInformation("Network: {Address} with TLS, for certificates of {ClientCa}{Tokens}", tcp, access.ClientCa,
                access.TokenReview.Enabled ? $" and tokens of {access.TokenReview.ApiServer}" : "");
        }
        else
        {
            logger.LogInformation("Network: off, Listen:Tcp is not set");
        }

        logger.LogInformation("Web page: {Page}", settings.Get<WebOptions>() is { EndPoint: { } page } web ? $"{web.Origin}, on {page}, opened by the link of runtimectl web" : "off, Web:Listen is not set");

        var rules = settings.Get<RulesOptions>();
        logger.LogInformation("Rules: {Rules}", rules.File.Length > 0 ? $"built-in, changed by {rules.File}" : "built-in, Rules:File is empty");

        var notifiers = settings.Get<IReadOnlyList<NotifierOptions>>();
        logger.LogInformation("Notifiers: {Notifiers}", notifiers.Count > 0 ? string.Join(", ", notifiers.Select(notifier => $"{notifier.Name} ({notifier.Kind})")) : "none, Notifiers is empty: incidents are only kept");
        var digest = settings.Get<DigestOptions>();
        logger.LogInformation("Digest: at {At} UTC each day, shown by runtimectl digest{Notifiers}", digest.At, notifiers.Count > 0 ? " and sent to notifiers that have Digest on" : "");
    }
}
