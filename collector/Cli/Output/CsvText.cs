using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Runtime.Collector.Configuration;

namespace Runtime.Cli.Output;

/// <summary>
/// An answer as RFC 4180 rows: of a list each element, of anything else itself. A column is a value's path; lists of texts are joined by spaces, lists of
/// records are left out (JSON has them). Control characters are escaped, and what a spreadsheet would run as a formula has a ' in front.
/// </summary>
internal static class CsvText
{
    public static string Of(JsonObject tree)
    {
        // Answers that are lists begin with their rows.
        JsonObject[] records = tree.FirstOrDefault().Value is JsonArray list ? [.. list.OfType<JsonObject>()] : [tree];
        var rows = records.Select(Row).ToList();
        List<string> columns = [.. rows.SelectMany(row => row.Keys).Distinct()];
        var text = new StringBuilder();
        if (columns.Count > 0)
        {
            text.AppendJoin(',', columns.Select(Quoted)).Append("\r\n");
        }

        foreach (var row in rows)
        {
            text.AppendJoin(',', columns.Select(column => Quoted(row.GetValueOrDefault(column, "")))).Append("\r\n");
        }

        return text.ToString();
    }

    private static Dictionary<string, string> Row(JsonObject record)
    {
        var row = new Dictionary<string, string>(StringComparer.Ordinal);
        Add(record, "");
        return row;

        void Add(JsonObject from, string path)
        {
            foreach (var (name, value) in from)
            {
                switch (value)
                {
                    case JsonObject inner:
                        Add(inner, path + name + ".");
                        break;
                    case JsonArray list when list.All(item => item is JsonValue):
                        row[path + name] = string.Join(' ', list.Select(item => Text(item!)));
                        break;
                    case JsonArray or null:
                        break;
                    default:
                        row[path + name] = Text(value);
                        break;
                }
            }
        }
    }

    private static string Text(JsonNode value) => value.GetValueKind() == JsonValueKind.String ? PrintableText.Escape(value.GetValue<string>()) : value.ToJsonString();

    private static string Quoted(string value)
    {
        // A number may begin with a minus.
        if (value.Length > 0 && value[0] is '=' or '+' or '-' or '@' && !double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _))
        {
            value = "'" + value;
        }

        return value.AsSpan().ContainsAny(',', '"') ? $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : value;
    }
}
