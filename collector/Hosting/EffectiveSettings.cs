using System.Collections;
using System.Reflection;
using Runtime.Collector.Configuration;

namespace Runtime.Collector.Hosting;

/// <summary>Every setting with the value that counts and where it comes from; secrets are not shown.</summary>
internal static class EffectiveSettings
{
    private const string Default = "default";

    /// <returns>0, or 2 with the faults printed: this is also how to check settings before a start.</returns>
    public static int Write(string[] arguments, IDictionary environment, TextWriter output, TextWriter error)
    {
        var faults = new SettingsFaults();
        Settings.Read(SettingsCatalogue.All, arguments, environment, SettingsSources.DefaultFile, faults);
        foreach (var fault in faults.All)
        {
            error.WriteLine(PrintableText.Escape(fault));
        }

        var sources = SettingsSources.Load(arguments, environment, SettingsSources.DefaultFile, new SettingsFaults());
        var binder = new SettingsBinder(sources, new SettingsFaults());
        List<(string Key, string Value, string Origin)> rows = [];
        foreach (var section in SettingsCatalogue.All)
        {
            var value = binder.Bind(section.Type, section.Name);
            if (value is IEnumerable groups)
            {
                rows.AddRange(groups.Cast<object>().SelectMany((group, i) => Rows($"{section.Name}:{i}", group, sources)));
            }
            else
            {
                rows.AddRange(Rows(section.Name, value, sources));
            }
        }

        var width = rows.Max(row => row.Key.Length);
        var valueWidth = Math.Min(rows.Max(row => row.Value.Length), 48);
        foreach (var (key, value, origin) in rows)
        {
            output.WriteLine($"{key.PadRight(width)}  {PrintableText.Escape(value).PadRight(valueWidth)}  {origin}");
        }

        return faults.All.Count == 0 ? 0 : SettingsSetup.ExitCodeBadSettings;
    }

    private static IEnumerable<(string Key, string Value, string Origin)> Rows(string prefix, object group, SettingsSources sources)
    {
        foreach (var property in SettingsBinder.Settings(group.GetType()))
        {
            var key = $"{prefix}:{property.Name}";
            if (SettingsBinder.ElementOfList(property.PropertyType) is { } element && !SettingsBinder.IsScalar(element))
            {
                var groups = ((IEnumerable)property.GetValue(group)!).Cast<object>();
                foreach (var row in groups.SelectMany((inner, i) => Rows($"{key}:{i}", inner, sources)))
                {
                    yield return row;
                }

                continue;
            }

            var value = SettingsBinder.FormatDefault(property, property.GetValue(group));
            var origin = sources.Origin(key);
            yield return (key, property.IsDefined(typeof(SecretAttribute)) && value != "-" ? "(not shown)" : value, origin.Length > 0 ? origin : Default);
        }
    }
}
