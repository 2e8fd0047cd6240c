using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Runtime.Collector.Configuration;
using Xunit;

namespace Runtime.Collector.Tests.Configuration;

/// <summary>collector/settings.md is made of the options classes and their doc comments; this holds the two together.</summary>
public sealed partial class SettingsTableTests
{
    private const string Update = "RUNTIME_UPDATE_SETTINGS_TABLE";

    [Fact]
    public void Table_OfAllSettings_EqualsTheCommittedFile()
    {
        var file = Path.Combine(RepositoryRoot(), "collector", "settings.md");
        var expected = Table();
        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            File.WriteAllText(file, expected);
        }

        Assert.True(File.Exists(file) && File.ReadAllText(file) == expected, $"collector/settings.md is not what the options classes say; run this test once with {Update}=1");
    }

    private static string Table()
    {
        var docs = XDocument.Load(Path.ChangeExtension(typeof(SettingsCatalogue).Assembly.Location, ".xml"))
            .Descendants("member").ToDictionary(member => member.Attribute("name")!.Value, member => Words(member.Element("summary")));
        var text = new StringBuilder($"""
            # Settings of the collector

            Made from the options classes by `SettingsTableTests` (run it with `{Update}=1`); do not edit.

            Read, the later wins, from `{SettingsSources.DefaultFile}` (or `--config FILE`, JSON, comments allowed), environment variables
            (`{SettingsSources.EnvironmentPrefix}Section__Key`) and the command line (`--Section:Key=value`). Durations carry a unit
            (`250ms 10s 5m 2h 30d`), sizes too (`512KiB 8MiB 1GiB`). An unknown key, a wrong unit or a value outside its range ends the
            start with exit code 2 and a list of all faults.

            """.ReplaceLineEndings("\n"));
        foreach (var section in SettingsCatalogue.All)
        {
            var list = section.GroupType != section.Type;
            text.Append($"\n## {section.Name}{(list ? " (a list)" : "")}\n\n{docs["T:" + Name(section.GroupType)]}\n\n| key | type | default | meaning |\n|---|---|---|---|\n");
            AddRows(text, section.GroupType, section.Name + (list ? ":0" : ""), docs);
        }

        return text.ToString();
    }

    private static void AddRows(StringBuilder text, Type type, string prefix, Dictionary<string, string> docs)
    {
        var defaults = Activator.CreateInstance(type);
        foreach (var property in SettingsBinder.Settings(type))
        {
            var key = $"{prefix}:{property.Name}";
            var element = SettingsBinder.ElementOfList(property.PropertyType) ?? SettingsBinder.ElementOfDictionary(property.PropertyType);
            if (!SettingsBinder.IsScalar(property.PropertyType) && !SettingsBinder.IsScalar(element ?? property.PropertyType))
            {
                if (element is not null)
                {
                    text.Append($"| `{key}` | list of groups | - | {Docs(docs, property)} {docs["T:" + Name(element)]} |\n");
                }

                AddRows(text, element ?? property.PropertyType, key + (element is null ? "" : ":0"), docs);
                continue;
            }

            var words = Docs(docs, property);
            var range = SettingsBinder.RangeWords(property) is { Length: > 0 } rangeWords ? $", {rangeWords}" : "";
            var unset = SettingsBinder.IsRequired(property) ? "must be set" : SettingsBinder.FormatDefault(property, property.GetValue(defaults));
            text.Append($"| `{key}` | {TypeWords(property)}{range} | {(unset is "-" or "must be set" ? unset : $"`{unset}`")} | {words} |\n");
        }
    }

    private static string Docs(Dictionary<string, string> docs, PropertyInfo property)
    {
        Assert.True(docs.TryGetValue($"P:{Name(property.DeclaringType!)}.{property.Name}", out var words), $"{property.DeclaringType!.Name}.{property.Name} has no doc comment");
        return words!.Replace("|", "\\|", StringComparison.Ordinal);
    }

    private static string TypeWords(PropertyInfo property)
    {
        var element = SettingsBinder.ElementOfList(property.PropertyType);
        var type = element ?? SettingsBinder.ElementOfDictionary(property.PropertyType) ?? property.PropertyType;
        type = Nullable.GetUnderlyingType(type) ?? type;
        var words = SettingsBinder.IsSize(property) ? "size"
            : type == typeof(TimeSpan) ? "duration"
            : type == typeof(string) ? "text"
            : type == typeof(bool) ? "true or false"
            : type == typeof(double) ? "number"
            : type.IsEnum ? string.Join(", ", SettingsBinder.EnumNames(type))
            : "whole number";
        return element is not null ? $"list of {words}" : type != property.PropertyType && SettingsBinder.ElementOfDictionary(property.PropertyType) is not null ? $"{words} by name" : words;
    }

    /// <summary>The comment's text on one line; a reference becomes its last name.</summary>
    private static string Words(XElement? summary) => summary is null ? "" : White().Replace(
        string.Concat(summary.Nodes().Select(node => node is XElement element ? (element.Attribute("cref")?.Value.Split('.')[^1] ?? element.Value) : ((XText)node).Value)), " ").Trim();

    private static string Name(Type type) => type.FullName!.Replace('+', '.');

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Runtime.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("Runtime.sln is not above the test's folder");
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex White();
}
