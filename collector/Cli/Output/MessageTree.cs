using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Runtime.Cli.Output;

/// <summary>
/// Messages for programs, in the form of the JSON API: names in camel case, defaults included, times as RFC 3339, enums by
/// name, and 64-bit numbers as numbers (protobuf's own JSON makes texts of them).
/// </summary>
internal static class MessageTree
{
    // The default encoder writes the + of a URL as \u002B; this one leaves text readable and escapes control characters too.
    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions _oneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonObject Of(IMessage message)
    {
        var tree = new JsonObject();
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var value = field.Accessor.GetValue(message);
            tree[field.JsonName] = value switch
            {
                System.Collections.IDictionary map => Map(map, field),
                System.Collections.IList list => new JsonArray([.. list.Cast<object>().Select(item => Value(item, field))]),
                _ => Value(value, field),
            };
        }

        return tree;
    }

    public static string Json(JsonNode tree, bool oneLine = false)
    {
        var text = tree.ToJsonString(oneLine ? _oneLine : _indented);

        // Format characters (bidi marks, zero width) reorder or hide what a person sees. They occur only within texts.
        return text.Any(IsFormat) ? string.Concat(text.Select(letter => IsFormat(letter) ? $"\\u{(int)letter:x4}" : letter.ToString())) : text;

        static bool IsFormat(char letter) => char.GetUnicodeCategory(letter) == UnicodeCategory.Format;
    }

    private static JsonObject Map(System.Collections.IDictionary map, FieldDescriptor field)
    {
        var tree = new JsonObject();
        var valueField = field.MessageType.FindFieldByNumber(2);
        foreach (var key in map.Keys.Cast<object>().OrderBy(key => Convert.ToString(key, CultureInfo.InvariantCulture), StringComparer.Ordinal))
        {
            tree[Convert.ToString(key, CultureInfo.InvariantCulture)!] = Value(map[key], valueField);
        }

        return tree;
    }

    private static JsonNode? Value(object? value, FieldDescriptor field) => value switch
    {
        null => null,
        Timestamp time => JsonValue.Create(time.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)),
        IMessage message => Of(message),
        ByteString bytes => JsonValue.Create(bytes.ToBase64()),
        System.Enum => JsonValue.Create(field.EnumType.FindValueByNumber(Convert.ToInt32(value, CultureInfo.InvariantCulture))?.Name ?? Convert.ToInt32(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture)),
        bool flag => JsonValue.Create(flag),
        string text => JsonValue.Create(text),
        double number => double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(number.ToString(CultureInfo.InvariantCulture)),
        ulong number => JsonValue.Create(number),
        long number => JsonValue.Create(number),
        uint number => JsonValue.Create(number),
        int number => JsonValue.Create(number),
        _ => throw new InvalidOperationException($"{field.FullName} has the type {value.GetType()}, which no message of the API had so far"),
    };
}
