using System.Net.Sockets;
using System.Reflection;
using Runtime.Collector.Configuration;
using Runtime.Collector.Rules;
using Runtime.Collector.Security;

namespace Runtime.Collector.Hosting;

/// <summary>What the program does beside running: "config", "rules", "version", "health". Settings come as they do for "run".</summary>
internal static class Commands
{
    public const int Failed = 1;

    private static readonly TimeSpan _healthLimit = TimeSpan.FromSeconds(5);

    /// <summary>Null: run, with the arguments that are left.</summary>
    public static async Task<int?> TryAnswerAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        switch (arguments)
        {
            case ["version", ..]:
                await output.WriteLineAsync($"collector {Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion}");
                return 0;
            case ["config", .. var settings]:
                return EffectiveSettings.Write(settings, Environment.GetEnvironmentVariables(), output, error);
            case ["rules", "check", var file]:
                return RulesCommand.Check(file, output, error);
            case ["rules", .. var settings]:
                return RulesCommand.Show(settings, Environment.GetEnvironmentVariables(), output, error);
            case ["health", .. var settings]:
                return await HealthAsync(settings, output, error);
            default:
                return null;
        }
    }

    /// <summary>"run" is what the program does without a word, too.</summary>
    public static string[] RunArguments(string[] arguments) => arguments is ["run", .. var settings] ? settings : arguments;

    /// <summary>Asks the collector that runs with these settings, over its socket: for probes that can execute but not present a certificate.</summary>
    private static async Task<int> HealthAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        var faults = new SettingsFaults();
        var socket = Settings.Read(SettingsCatalogue.All, arguments, Environment.GetEnvironmentVariables(), SettingsSources.DefaultFile, faults).Get<AccessOptions>().Socket;
        if (faults.All.Count > 0 || socket.Length == 0)
        {
            await error.WriteLineAsync(faults.All.Count > 0 ? PrintableText.Escape(faults.All[0]) : "Listen:Socket is empty: health is asked over the socket");
            return SettingsSetup.ExitCodeBadSettings;
        }

        using var http = new HttpClient(new SocketsHttpHandler { ConnectCallback = (_, stop) => ConnectAsync(socket, stop) }) { Timeout = _healthLimit };
        try
        {
            using var answer = await http.GetAsync(new Uri("http://localhost" + HealthSetup.Path));
            await output.WriteLineAsync(await answer.Content.ReadAsStringAsync());
            return answer.IsSuccessStatusCode ? 0 : Failed;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            await error.WriteLineAsync($"no answer on {socket}: {e.GetBaseException().Message}");
            return Failed;
        }
    }

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
