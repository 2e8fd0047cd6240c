using System.Collections;
using System.Text.Json;

namespace Runtime.Collector.Configuration;

/// <summary>
/// Where settings come from, the later wins: the JSON file, environment variables, the command line.
/// Remembers for every key which of them set it, so that a message can say where to look.
/// </summary>
internal sealed class SettingsSources
{
    public const string DefaultFile = "/etc/runtime/collector.json";
    public const string EnvironmentPrefix = "RUNTIME_COLLECTOR__";

    private readonly List<(IConfigurationProvider Provider, string Origin)> _origins = [];

    private SettingsSources(IConfigurationRoot root) => Root = root;

    public IConfigurationRoot Root { get; }

    /// <summary>Null when the file is absent or cannot be read; the fault is added then.</summary>
    /// <param name="defaultFile">Read when no --config is given and it exists.</param>
    public static SettingsSources Load(IReadOnlyList<string> arguments, IDictionary environment, string defaultFile, SettingsFaults faults)
    {
        var (pairs, file) = ParseArguments(arguments, faults);
        var builder = new ConfigurationBuilder();
        var fileRead = AddFile(builder, file, defaultFile, faults);
        builder.AddInMemoryCollection(LastOfEach(FromEnvironment(environment)));
        builder.AddInMemoryCollection(LastOfEach(pairs));

        var sources = new SettingsSources(builder.Build());
        var providers = sources.Root.Providers.ToList();
        if (fileRead is not null)
        {
            sources._origins.Add((providers[0], "in " + fileRead));
        }

        sources._origins.Add((providers[^2], "environment"));
        sources._origins.Add((providers[^1], "command line"));
        return sources;
    }

    /// <summary>"in /etc/runtime/collector.json", "environment variable RUNTIME_COLLECTOR__X__Y" or "command line"; empty when nobody set the key or one below it.</summary>
    public string Origin(string key)
    {
        for (var i = _origins.Count - 1; i >= 0; i--)
        {
            var (provider, origin) = _origins[i];
            if (provider.TryGet(key, out _) || provider.GetChildKeys([], key).Any())
            {
                return origin == "environment" ? $"environment variable {EnvironmentPrefix}{key.Replace(":", "__", StringComparison.Ordinal)}" : origin;
            }
        }

        return "";
    }

    /// <returns>The file that was added; null when none was.</returns>
    private static string? AddFile(ConfigurationBuilder builder, string? given, string defaultFile, SettingsFaults faults)
    {
        var path = given ?? defaultFile;
        if (given is null && !File.Exists(path))
        {
            return null;
        }

        try
        {
            // Read here and not by AddJsonFile, whose messages hide which file and why behind two more exceptions.
            using var stream = File.OpenRead(path);
            var content = new MemoryStream();
            stream.CopyTo(content);
            content.Position = 0;
            var probe = new ConfigurationBuilder().AddJsonStream(content).Build();
            builder.AddInMemoryCollection(probe.AsEnumerable().Where(pair => pair.Value is not null || !probe.GetSection(pair.Key).GetChildren().Any()));
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add($"--config = \"{path}\": cannot be read: {e.Message}");
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            faults.Add($"--config = \"{path}\": is not JSON: {(e.InnerException ?? e).Message}");
        }

        return null;
    }

    /// <summary>A key given twice, also in another case, is what its last place says; the provider itself would throw.</summary>
    private static Dictionary<string, string?> LastOfEach(IEnumerable<KeyValuePair<string, string?>> pairs)
    {
        var last = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in pairs)
        {
            last[key] = value;
        }

        return last;
    }

    private static IEnumerable<KeyValuePair<string, string?>> FromEnvironment(IDictionary environment)
    {
        foreach (DictionaryEntry entry in environment)
        {
            if (entry.Key is string name && name.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase) && name.Length > EnvironmentPrefix.Length)
            {
                yield return new(name[EnvironmentPrefix.Length..].Replace("__", ":", StringComparison.Ordinal), entry.Value as string);
            }
        }
    }

    // --Outbox:GiveUpAfter=2h   --Outbox:GiveUpAfter 2h   --config /etc/x.json   --Log:Level=   (empty value)
    private static (List<KeyValuePair<string, string?>> Pairs, string? File) ParseArguments(IReadOnlyList<string> arguments, SettingsFaults faults)
    {
        List<KeyValuePair<string, string?>> pairs = [];
        string? file = null;
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (!argument.StartsWith("--", StringComparison.Ordinal) || argument.Length == 2)
            {
                faults.Add($"command line \"{argument}\": is not a setting; write --config FILE or --Section:Key=value");
                continue;
            }

            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? argument[2..] : argument[2..equals];
            string value;
            if (equals >= 0)
            {
                value = argument[(equals + 1)..];
            }
            else if (i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal))
            {
                value = arguments[++i];
            }
            else
            {
                faults.Add($"command line \"{argument}\": has no value; write {argument}=value");
                continue;
            }

            if (key.Equals("config", StringComparison.OrdinalIgnoreCase))
            {
                file = value;
            }
            else
            {
                pairs.Add(new(key, value));
            }
        }

        return (pairs, file);
    }
}
