using System.Collections;

namespace Runtime.Collector.Configuration;

/// <summary>All options, read and checked.</summary>
internal sealed class Settings
{
    // Bounded by the catalogue.
    private readonly Dictionary<SettingsSection, object> _values = [];

    private Settings()
    {
    }

    /// <summary>Reads and checks everything. With faults the result must not be used.</summary>
    /// <param name="environment">Name to value, as Environment.GetEnvironmentVariables gives it.</param>
    public static Settings Read(
        IReadOnlyList<SettingsSection> catalogue, IReadOnlyList<string> arguments, IDictionary environment, string defaultFile, SettingsFaults faults)
    {
        var sources = SettingsSources.Load(arguments, environment, defaultFile, faults);
        var binder = new SettingsBinder(sources, faults);
        var settings = new Settings();
        var names = catalogue.Select(section => section.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var unknown in sources.Root.GetChildren().Where(child => !names.Contains(child.Key)))
        {
            faults.Add(unknown.Path, "", sources.Origin(unknown.Path), NearestKey.Words(unknown.Key, "", names));
        }

        foreach (var section in catalogue)
        {
            var value = binder.Bind(section.Type, section.Name);
            section.Check(value, faults);
            settings._values.Add(section, value);
        }

        return settings;
    }

    /// <exception cref="InvalidOperationException">T is not in the catalogue.</exception>
    public T Get<T>()
        where T : class =>
        _values.Values.OfType<T>().SingleOrDefault() ?? throw new InvalidOperationException($"{typeof(T).Name} is not in the settings' catalogue");

    public void Register(IServiceCollection services)
    {
        foreach (var (section, value) in _values)
        {
            section.Register(services, value);
        }
    }
}
