using System.Collections;
using System.Text.Json;

namespace Runtime.Agent.Configuration;

/// <summary>One setting as it was given.</summary>
/// <param name="Key">"Collector:Address".</param>
/// <param name="Values">One; of a list each entry.</param>
/// <param name="Origin">"in FILE", "environment variable X", "command line".</param>
internal sealed record Setting(string Key, IReadOnlyList<string> Values, bool IsList, string Origin);

/// <summary>Where settings come from; the later wins: the file, the environment, the command line.</summary>
internal static class SettingsSources
{
    public const string DefaultFile = "/etc/runtime/agent.json";
    public const string EnvironmentPrefix = "RUNTIME_AGENT__";
    private const int MaxFileBytes = 1024 * 1024;

    private static readonly JsonDocumentOptions Json = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 8 };

    /// <param name="file">Null: <see cref="DefaultFile"/> where it exists.</param>
    /// <param name="given">"Key=value", from the command line.</param>
    public static IReadOnlyDictionary<string, Setting> Load(string? file, IDictionary environment, IEnumerable<string> given, List<string> faults)
    {
        // Bounded by the file's size, the environment and the command line.
        var settings = new Dictionary<string, Setting>(StringComparer.OrdinalIgnoreCase);
        if (file is not null || File.Exists(DefaultFile))
            AddFile(file ?? DefaultFile, settings, faults);
        foreach (DictionaryEntry entry in environment)
        {
            if (entry.Key is string name && name.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase) && name.Length > EnvironmentPrefix.Length)
                Add(new(name[EnvironmentPrefix.Length..].Replace("__", ":", StringComparison.Ordinal), [entry.Value as string ?? ""], false, $"environment variable {name}"), settings);
        }
        foreach (var pair in given)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                faults.Add($"--set \"{pair}\": must be KEY=VALUE, such as Reduction:ReportInterval=10s");
            else
                Add(new(pair[..equals], [pair[(equals + 1)..]], false, "command line"), settings);
        }
        return settings;
    }

    private static void AddFile(string path, Dictionary<string, Setting> settings, List<string> faults)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxFileBytes } large)
            {
                faults.Add($"--config \"{path}\": has {large.Length} bytes, at most {MaxFileBytes} are read");
                return;
            }
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), Json);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                faults.Add($"--config \"{path}\": must hold one JSON object");
            else
                AddObject("", document.RootElement, $"in {path}", settings, faults);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add($"--config \"{path}\": cannot be read: {e.Message}");
        }
        catch (JsonException e)
        {
            faults.Add($"--config \"{path}\": is not JSON: {e.Message}");
        }
    }

    private static void AddObject(string prefix, JsonElement element, string origin, Dictionary<string, Setting> settings, List<string> faults)
    {
        foreach (var property in element.EnumerateObject())
        {
            var key = prefix + property.Name;
            switch (property.Value.ValueKind)
            {
                case JsonValueKind.Object:
                    AddObject(key + ":", property.Value, origin, settings, faults);
                    break;
                case JsonValueKind.Array when property.Value.EnumerateArray().All(IsScalar):
                    Add(new(key, [.. property.Value.EnumerateArray().Select(Text)], true, origin), settings);
                    break;
                case JsonValueKind.Array:
                    faults.Add($"{key} ({origin}): must be a list of plain values");
                    break;
                case JsonValueKind.Null:
                    break;
                default:
                    Add(new(key, [Text(property.Value)], false, origin), settings);
                    break;
            }
        }
    }

    private static void Add(Setting setting, Dictionary<string, Setting> settings) => settings[setting.Key] = setting;

    private static bool IsScalar(JsonElement element) => element.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False;

    private static string Text(JsonElement element) => element.ValueKind == JsonValueKind.String ? element.GetString()! : element.GetRawText();
}
