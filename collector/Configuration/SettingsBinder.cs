using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Runtime.Collector.Configuration;

/// <summary>
/// Fills options classes from the sources and adds a fault for everything that does not fit: unknown keys, wrong units,
/// values outside their range, required keys that are missing, rules across keys (<see cref="IValidatableObject"/>).
/// Takes strings, numbers, booleans, enums, <see cref="TimeSpan"/> (with unit), sizes (integers whose name ends in Bytes),
/// nested classes, lists and dictionaries with text keys. A list that is set replaces the default list.
/// </summary>
internal sealed class SettingsBinder(SettingsSources sources, SettingsFaults faults)
{
    /// <returns>A filled instance; with faults it holds defaults where a value did not fit.</returns>
    public object Bind(Type type, string key) => BindValue(type, sources.Root.GetSection(key), owner: null) ?? Activator.CreateInstance(Concrete(type))!;

    public static IEnumerable<PropertyInfo> Settings(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.SetMethod is not null && property.GetIndexParameters().Length == 0);

    /// <summary>The keyword `required` or the attribute.</summary>
    public static bool IsRequired(PropertyInfo property) =>
        property.IsDefined(typeof(RequiredMemberAttribute)) || property.IsDefined(typeof(RequiredAttribute));

    public static bool IsSize(PropertyInfo? property) =>
        property is not null && property.Name.EndsWith("Bytes", StringComparison.Ordinal) && (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) is var type && (type == typeof(long) || type == typeof(int));

    public static bool IsScalar(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(string) || type == typeof(bool) || type == typeof(int) || type == typeof(uint) || type == typeof(long)
            || type == typeof(ulong) || type == typeof(double) || type == typeof(TimeSpan) || type.IsEnum;
    }

    public static Type? ElementOfList(Type type) =>
        type.IsArray ? type.GetElementType()
        : type.IsGenericType && type.GetGenericTypeDefinition() is var generic && (generic == typeof(List<>) || generic == typeof(IList<>) || generic == typeof(IReadOnlyList<>))
            ? type.GetGenericArguments()[0] : null;

    public static Type? ElementOfDictionary(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() is var generic && (generic == typeof(Dictionary<,>) || generic == typeof(IDictionary<,>) || generic == typeof(IReadOnlyDictionary<,>))
            && type.GetGenericArguments()[0] == typeof(string)
            ? type.GetGenericArguments()[1] : null;

    /// <summary>"1s to 1h"; empty when there is no range.</summary>
    public static string RangeWords(PropertyInfo property) =>
        property.GetCustomAttribute<RangeAttribute>() is { } range ? $"{Bound(property, range.Minimum, range)} to {Bound(property, range.Maximum, range)}" : "";

    /// <summary>What may be written: no numbers, which mean nothing to who reads the file, and not the member for "unknown".</summary>
    public static IEnumerable<string> EnumNames(Type type) => Enum.GetNames(type).Where(name => name is not ("Unknown" or "Unspecified"));

    private object? BindValue(Type type, IConfigurationSection section, PropertyInfo? owner)
    {
        if (IsScalar(type))
        {
            return BindScalar(type, section, owner);
        }

        if (ElementOfList(type) is { } element)
        {
            return BindList(element, section, owner, asArray: type.IsArray);
        }

        return ElementOfDictionary(type) is { } value ? BindDictionary(value, section, owner) : BindObject(type, section);
    }

    private object BindObject(Type type, IConfigurationSection section)
    {
        var instance = Activator.CreateInstance(type)!;
        if (!string.IsNullOrEmpty(section.Value))
        {
            faults.Add(section.Path, Shown(section.Value, null), sources.Origin(section.Path), "must be a group of settings, not one value");
            return instance;
        }

        var properties = Settings(type).ToDictionary(property => property.Name, StringComparer.OrdinalIgnoreCase);
        var faultsBefore = faults.All.Count;
        foreach (var child in section.GetChildren())
        {
            if (!properties.TryGetValue(child.Key, out var property))
            {
                faults.Add(child.Path, "", sources.Origin(child.Path), NearestKey.Words(child.Key, section.Path, properties.Keys));
            }
            else if (BindValue(property.PropertyType, child, property) is { } value)
            {
                property.SetValue(instance, value);
            }
        }

        foreach (var property in properties.Values)
        {
            Check(instance, property, section);
        }

        // A rule across keys would only repeat, in stranger words, what is already wrong with one of them.
        if (faults.All.Count == faultsBefore && instance is IValidatableObject validatable)
        {
            foreach (var result in validatable.Validate(new ValidationContext(instance)))
            {
                var member = result.MemberNames.FirstOrDefault();
                var key = member is null ? section.Path : $"{section.Path}:{member}";
                var shown = member is not null && properties.TryGetValue(member, out var property) ? Shown(section[member], property) : "";
                faults.Add(key, shown, sources.Origin(key), result.ErrorMessage ?? "is not valid");
            }
        }

        return instance;
    }

    private void Check(object instance, PropertyInfo property, IConfigurationSection section)
    {
        var key = $"{section.Path}:{property.Name}";
        var given = section[property.Name];
        var value = property.GetValue(instance);
        var required = IsRequired(property);
        if (required && value is null or "")
        {
            // Text that could not be read (a wrong unit) has its own fault already.
            if (string.IsNullOrEmpty(given))
            {
                faults.Add(key, given is null ? "" : "\"\"", sources.Origin(key), "must be set");
            }

            return;
        }

        foreach (var rule in property.GetCustomAttributes<ValidationAttribute>())
        {
            if (rule is not RequiredAttribute && !rule.IsValid(value))
            {
                var words = rule is RangeAttribute ? $"must be {RangeWords(property)}" : rule.FormatErrorMessage(property.Name);
                faults.Add(key, Shown(given ?? FormatDefault(property, value), property), sources.Origin(key), words);
            }
        }
    }

    private object? BindScalar(Type type, IConfigurationSection section, PropertyInfo? owner)
    {
        if (section.GetChildren().Any())
        {
            faults.Add(section.Path, "", sources.Origin(section.Path), "must be one value, not a group or a list");
            return null;
        }

        if (section.Value is not { } text)
        {
            return null;
        }

        var scalar = Nullable.GetUnderlyingType(type) ?? type;
        var value = Parse(scalar, text, IsSize(owner), out var rule);
        if (value is null)
        {
            faults.Add(section.Path, Shown(text, owner), sources.Origin(section.Path), rule);
        }

        return value;
    }

    private object BindList(Type element, IConfigurationSection section, PropertyInfo? owner, bool asArray)
    {
        var list = (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(element))!;
        if (section.Value is { Length: > 0 } text)
        {
            // One environment variable or argument may hold a whole list of plain values: "a,b".
            if (!IsScalar(element))
            {
                faults.Add(section.Path, Shown(text, owner), sources.Origin(section.Path), $"must be a list of groups; write {section.Path}:0:…");
                text = "";
            }

            foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (Parse(element, part, IsSize(owner), out var rule) is { } value)
                {
                    list.Add(value);
                }
                else
                {
                    faults.Add(section.Path, Shown(part, owner), sources.Origin(section.Path), rule);
                }
            }
        }

        foreach (var child in section.GetChildren())
        {
            if (!int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                faults.Add(child.Path, "", sources.Origin(child.Path), $"{section.Path} is a list; write {section.Path}:0…");
            }
            else if (BindValue(element, child, owner) is { } value)
            {
                list.Add(value);
            }
        }

        if (!asArray)
        {
            return list;
        }

        var array = Array.CreateInstance(element, list.Count);
        list.CopyTo(array, 0);
        return array;
    }

    private object BindDictionary(Type element, IConfigurationSection section, PropertyInfo? owner)
    {
        var dictionary = (IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(typeof(string), element))!;
        if (!string.IsNullOrEmpty(section.Value))
        {
            faults.Add(section.Path, Shown(section.Value, owner), sources.Origin(section.Path), "must be a group of settings, not one value");
        }

        foreach (var child in section.GetChildren())
        {
            if (BindValue(element, child, owner) is { } value)
            {
                dictionary.Add(child.Key, value);
            }
        }

        return dictionary;
    }

    private static object? Parse(Type type, string text, bool size, out string rule)
    {
        rule = "";
        if (type == typeof(string))
        {
            return text;
        }

        if (type == typeof(TimeSpan))
        {
            rule = SettingText.DurationRule;
            return SettingText.TryParseDuration(text, out var duration) ? duration : null;
        }

        if (size)
        {
            rule = SettingText.SizeRule;
            return !SettingText.TryParseSize(text, out var bytes) ? null : type == typeof(long) ? bytes : bytes <= int.MaxValue ? (int)bytes : null;
        }

        if (type == typeof(bool))
        {
            rule = "must be true or false";
            return bool.TryParse(text, out var flag) ? flag : null;
        }

        if (type.IsEnum)
        {
            rule = $"must be one of {string.Join(", ", EnumNames(type))}";
            var name = EnumNames(type).FirstOrDefault(candidate => candidate.Equals(text, StringComparison.OrdinalIgnoreCase));
            return name is null ? null : Enum.Parse(type, name);
        }

        rule = type == typeof(double) ? "must be a number" : type == typeof(uint) || type == typeof(ulong) ? "must be a whole number, not negative" : "must be a whole number";
        var culture = CultureInfo.InvariantCulture;
        return type switch
        {
            _ when type == typeof(int) => int.TryParse(text, NumberStyles.AllowLeadingSign, culture, out var number) ? number : null,
            _ when type == typeof(long) => long.TryParse(text, NumberStyles.AllowLeadingSign, culture, out var number) ? number : null,
            _ when type == typeof(uint) => uint.TryParse(text, NumberStyles.None, culture, out var number) ? number : null,
            _ when type == typeof(ulong) => ulong.TryParse(text, NumberStyles.None, culture, out var number) ? number : null,
            _ => double.TryParse(text, NumberStyles.Float, culture, out var number) && double.IsFinite(number) ? number : null,
        };
    }

    /// <summary>As an operator would write it; "-" when there is none.</summary>
    public static string FormatDefault(PropertyInfo property, object? value) => value switch
    {
        null or "" => "-",
        TimeSpan duration => SettingText.Format(duration),
        long or int when IsSize(property) => SettingText.FormatSize(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        bool flag => flag ? "true" : "false",
        string text => text,
        IDictionary => "-",
        IEnumerable items => items.Cast<object>().ToList() is { Count: > 0 } list && list.All(item => IsScalar(item.GetType())) ? string.Join(",", list.Select(item => FormatDefault(property, item))) : "-",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => "-",
    };

    private static string Bound(PropertyInfo property, object bound, RangeAttribute range)
    {
        // [Range(typeof(TimeSpan), "00:00:01", …)] keeps its bounds as text until the first check; [Range(1024L, …)] keeps doubles.
        var typed = bound is string text && range.OperandType == typeof(TimeSpan) ? TimeSpan.Parse(text, CultureInfo.InvariantCulture)
            : IsSize(property) ? Convert.ToInt64(bound, CultureInfo.InvariantCulture) : bound;
        return FormatDefault(property, typed);
    }

    /// <summary>Long text is cut: the key and the source lead to it.</summary>
    private static string Shown(string? text, PropertyInfo? property) =>
        text is null ? ""
        : property?.IsDefined(typeof(SecretAttribute)) == true ? "(not shown)"
        : $"\"{(text.Length <= 100 ? text : text[..100] + "…")}\"";

    private static Type Concrete(Type type) => ElementOfList(type) is { } element ? typeof(List<>).MakeGenericType(element) : type;
}
