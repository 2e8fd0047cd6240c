using Microsoft.Extensions.Options;

namespace Runtime.Collector.Configuration;

/// <summary>One top-level key of the settings and the class that it fills.</summary>
internal abstract class SettingsSection(string name, Type type)
{
    public string Name { get; } = name;

    /// <summary>The options class; for a list of groups, the class of one group.</summary>
    public Type GroupType => SettingsBinder.ElementOfList(Type) ?? Type;

    /// <summary>What is registered in the services.</summary>
    public Type Type { get; } = type;

    /// <summary>Checks what the class cannot check alone, such as names that must differ within a list.</summary>
    public abstract void Check(object value, SettingsFaults faults);

    public abstract void Register(IServiceCollection services, object value);

    /// <summary>Registered as T and as IOptions&lt;T&gt;.</summary>
    /// <param name="check">Every fault that the class finds in itself, where it does not speak by attributes or IValidatableObject.</param>
    public static SettingsSection Group<T>(string name, Func<T, IReadOnlyList<string>>? check = null)
        where T : class => new Typed<T>(name, check is null ? null : (options, faults) => faults.AddAll(check(options)));

    /// <summary>A list of groups, registered as IReadOnlyList&lt;T&gt;.</summary>
    public static SettingsSection List<T>(string name, Action<IReadOnlyList<T>, SettingsFaults> check)
        where T : class => new Typed<IReadOnlyList<T>>(name, check);

    private sealed class Typed<T>(string name, Action<T, SettingsFaults>? check) : SettingsSection(name, typeof(T))
        where T : class
    {
        public override void Check(object value, SettingsFaults faults) => check?.Invoke((T)value, faults);

        public override void Register(IServiceCollection services, object value)
        {
            services.AddSingleton((T)value);
            services.AddSingleton(Options.Create((T)value));
        }
    }
}
