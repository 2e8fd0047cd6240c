using System.Text.Json.Nodes;
using Google.Protobuf;

namespace Runtime.Cli.Output;

/// <summary>Prints an answer in the form that was asked for.</summary>
internal static class Answer
{
    public static void Write(Terminal terminal, Form form, IMessage message, Action people)
    {
        if (form == Form.Table)
        {
            people();
        }
        else
        {
            WriteTree(terminal, form, MessageTree.Of(message));
        }
    }

    public static void WriteTree(Terminal terminal, Form form, JsonNode tree)
    {
        switch (form)
        {
            case Form.Yaml:
                terminal.Out.Write(YamlText.Of(tree));
                break;
            case Form.Csv:
                terminal.Out.Write(CsvText.Of((JsonObject)tree));
                break;
            default:
                terminal.Out.WriteLine(MessageTree.Json(tree));
                break;
        }
    }

    /// <summary>One of many: a line of JSON, or a YAML document.</summary>
    /// <exception cref="UsageException">As CSV, whose first line would have to know what is still to come.</exception>
    public static void WriteOne(Terminal terminal, Form form, IMessage message)
    {
        if (form == Form.Csv)
        {
            throw new UsageException("-o csv: what is followed has no last row to know all columns by; -o json gives a line each");
        }

        var tree = MessageTree.Of(message);
        if (form == Form.Yaml)
        {
            terminal.Out.WriteLine("---");
            terminal.Out.Write(YamlText.Of(tree));
        }
        else
        {
            terminal.Out.WriteLine(MessageTree.Json(tree, oneLine: true));
        }

        terminal.Out.Flush();
    }

    /// <summary>Tells a person at a list's end that there is more, on the error stream so that rows stay rows.</summary>
    public static void WriteMore(Terminal terminal, string nextPageToken)
    {
        if (nextPageToken.Length > 0)
        {
            terminal.Error.WriteLine($"There is more: --page-token {nextPageToken}, or --all");
        }
    }
}
