using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Runtime.Cli.Output;

/// <summary>The JSON tree as YAML. Texts that YAML would read as something else are quoted; control characters are escaped.</summary>
internal static class YamlText
{
    public static string Of(JsonNode tree)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text, new EmitterSettings(bestIndent: 2, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024, skipAnchorName: true, indentSequences: true, newLine: "\n"));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        Emit(emitter, tree);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());

        // Format characters reorder or hide what a person sees; text that has one is double quoted, where \u stands for it.
        var yaml = text.ToString();
        return yaml.Any(IsFormat) ? string.Concat(yaml.Select(letter => IsFormat(letter) ? $"\\u{(int)letter:X4}" : letter.ToString())) : yaml;

        static bool IsFormat(char letter) => char.GetUnicodeCategory(letter) == UnicodeCategory.Format;
    }

    private static void Emit(Emitter emitter, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                emitter.Emit(new MappingStart(AnchorName.Empty, TagName.Empty, true, map.Count == 0 ? MappingStyle.Flow : MappingStyle.Block));
                foreach (var (key, value) in map)
                {
                    Scalar(emitter, key, isText: true);
                    Emit(emitter, value);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonArray list:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, true, list.Count == 0 ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var item in list)
                {
                    Emit(emitter, item);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                Scalar(emitter, value.GetValue<string>(), isText: true);
                break;
            default:
                Scalar(emitter, node?.ToJsonString() ?? "null", isText: false);
                break;
        }
    }

    private static void Scalar(Emitter emitter, string text, bool isText) => emitter.Emit(new Scalar(
        AnchorName.Empty, TagName.Empty, text,
        isText && !IsPlain(text) ? ScalarStyle.DoubleQuoted : ScalarStyle.Plain, isPlainImplicit: true, isQuotedImplicit: true));

    // Only what cannot be taken for anything but text stays bare: "no", "1e3", "2026-04-25", "~", "0x1F" and ": " do not.
    private static bool IsPlain(string text) =>
        text.Length > 0 && (char.IsAsciiLetter(text[0]) || text[0] == '/') && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '/' or '.' or '_' or '-')
        && !_words.Contains(text.ToLower(CultureInfo.InvariantCulture));

    private static readonly HashSet<string> _words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
}
