// How Program.cs uses the settings:
//
//     var builder = WebApplication.CreateSlimBuilder();
//     if (!builder.TryAddSettings(args, out var settings, out var exitCode))
//     {
//         return exitCode;
//     }
//     var access = settings.Get<AccessOptions>();          // before the services exist, for Kestrel
//
// Everything else asks the services for its options class (or IOptions of it). The sources are, the later wins:
// /etc/runtime/collector.json or --config FILE, RUNTIME_COLLECTOR__Section__Key, --Section:Key=value.
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace Runtime.Collector.Configuration;

internal static class SettingsSetup
{
    public const int ExitCodeBadSettings = 2;

    /// <summary>
    /// Reads every setting and registers the options. Prints all faults at once on standard error. --help and --version
    /// are answered here.
    /// The host's own sources (appsettings.json, ASPNETCORE_*, DOTNET_*) are cut off: they could open a port that no setting of ours names.
    /// </summary>
    /// <param name="exitCode">What the program ends with when this answers false.</param>
    public static bool TryAddSettings(this WebApplicationBuilder builder, string[] arguments, [NotNullWhen(true)] out Settings? settings, out int exitCode)
    {
        settings = null;
        exitCode = 0;
        if (arguments is ["--help" or "-h"])
        {
            Console.Out.WriteLine(Usage());
            return false;
        }

        if (arguments is ["--version"])
        {
            Console.Out.WriteLine($"collector {Version()}");
            return false;
        }

        var faults = new SettingsFaults();
        var read = Settings.Read(SettingsCatalogue.All, arguments, Environment.GetEnvironmentVariables(), SettingsSources.DefaultFile, faults);
        if (faults.All.Count > 0)
        {
            Console.Error.WriteLine(faults.All.Count == 1 ? "collector: 1 fault in the settings:" : $"collector: {faults.All.Count} faults in the settings:");
            foreach (var fault in faults.All)
            {
                Console.Error.WriteLine("  " + PrintableText.Escape(fault));
            }

            exitCode = ExitCodeBadSettings;
            return false;
        }

        builder.Configuration.Sources.Clear();
        read.Register(builder.Services);
        AddLog(builder.Logging, read.Get<LogOptions>());
        settings = read;
        return true;
    }

    private static void AddLog(ILoggingBuilder logging, LogOptions options)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(options.Level);

        // The frameworks below us tell at Information of every request and every grain; ours is the story.
        if (options.Level == LogLevel.Information)
        {
            logging.AddFilter("Microsoft", LogLevel.Warning);
            logging.AddFilter("Orleans", LogLevel.Warning);

            // It takes the time since the machine's boot for its first pause, and speaks of deadlock.
            logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
            logging.AddFilter("Polly", LogLevel.Error);
            logging.AddFilter("Grpc", LogLevel.Warning);
            logging.AddFilter("System.Net.Http", LogLevel.Warning);
            logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        }

        if (options.Format == LogFormat.Json)
        {
            logging.AddJsonConsole(json => (json.UseUtcTimestamp, json.TimestampFormat) = (true, "yyyy-MM-ddTHH:mm:ss.fffZ"));
        }
        else
        {
            logging.AddSimpleConsole(text => (text.SingleLine, text.UseUtcTimestamp, text.TimestampFormat) = (true, true, "yyyy-MM-ddTHH:mm:ss.fffZ "));
        }
    }

    private static string Version() => typeof(SettingsSetup).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static string Usage()
    {
        List<string> lines =
        [
            "usage: collector [--config FILE] [--Section:Key=value …]",
            "",
            $"Settings come from {SettingsSources.DefaultFile} (or --config FILE), then from environment variables",
            $"{SettingsSources.EnvironmentPrefix}Section__Key, then from the command line; the later wins.",
            "",
        ];
        foreach (var section in SettingsCatalogue.All)
        {
            var list = section.GroupType != section.Type;
            var defaults = Activator.CreateInstance(section.GroupType);
            foreach (var property in SettingsBinder.Settings(section.GroupType))
            {
                var key = $"{section.Name}{(list ? ":0" : "")}:{property.Name}";
                lines.Add($"  {key,-40} {SettingsBinder.FormatDefault(property, property.GetValue(defaults))}");
            }
        }

        return string.Join(Environment.NewLine, lines);
    }
}
