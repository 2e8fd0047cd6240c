using System.CommandLine;
using Runtime.Cli.Commands;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Exports;

/// <summary>A baseline as a file: our own for reviews, or a policy of another program.</summary>
internal static class BaselineExport
{
    private const string Own = "baseline";
    private const int MaxLabel = 317;
    private static readonly string[] _formats = [Own, "networkpolicy", "seccomp", "apparmor", "falco", "tetragon"];

    public static Command Create(CommonOptions common, Terminal terminal, Argument<string> scope)
    {
        var seen = new Option<bool>("--seen") { Description = "With first and last sight and count of each item, which change from day to day" };
        var format = new Option<string>("--format") { Description = "One of " + string.Join(", ", _formats), HelpName = "FORMAT", DefaultValueFactory = _ => Own }.AcceptOnlyFromAmong(_formats);
        var label = new Option<string>("--label") { Description = "Label of pods that holds the workload's name", HelpName = "KEY", DefaultValueFactory = _ => "app.kubernetes.io/name" };
        var file = new Option<string>("--file") { Description = "Writes there and not to the output", HelpName = "FILE", DefaultValueFactory = _ => "" };
        var sign = new Option<string>("--sign") { Description = "EC private key (P-256, PEM); the signature goes to FILE.sig beside --file", HelpName = "KEY", DefaultValueFactory = _ => "" };
        var command = new Command("export", "The baseline's items alone, sorted, for a review or a diff (YAML); or a policy made of it, to be reviewed") { scope, seen, format, label, file, sign };
        command.SetAction(async (parsed, stop) =>
        {
            var (path, key) = (parsed.GetValue(file)!, parsed.GetValue(sign)!);
            if (key.Length > 0 && path.Length == 0)
            {
                throw new UsageException("--sign needs --file: a signature is of a file, and lies beside it");
            }

            if (parsed.GetValue(label) is not { Length: > 0 and <= MaxLabel } name || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '/' or '_' or '-'))
            {
                throw new UsageException($"--label {parsed.GetValue(label)}: must be a label's key: 1 to {MaxLabel} letters, digits, '.', '/', '_' and '-'");
            }

            using var connection = common.Connect(parsed);
            var baseline = await connection.AskAsync((query, options) => query.GetBaselineAsync(new() { Scope = parsed.GetValue(scope) }, options), stop);
            var form = common.FormOf(parsed, otherwise: Form.Yaml);
            using var text = new StringWriter { NewLine = "\n" };
            Write(terminal with { Out = path.Length > 0 ? text : terminal.Out }, form, baseline, parsed.GetValue(format)!, name, parsed.GetValue(seen));
            if (path.Length > 0)
            {
                Keep(path, System.Text.Encoding.UTF8.GetBytes(text.ToString()), key);
            }

            return ExitCode.Ok;
        });
        return command;
    }

    /// <exception cref="UsageException">The format does not know such a deployment.</exception>
    internal static string Policy(Baseline baseline, string format, string label)
    {
        var source = ExportSource.Of(baseline);
        return format switch
        {
            "networkpolicy" => NetworkPolicyExport.Of(source, label),
            "seccomp" => SeccompExport.Of(source),
            "apparmor" => AppArmorExport.Of(source),
            "falco" => FalcoExport.Of(source),
            "tetragon" => TetragonExport.Of(source, label),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "no such format"),
        };
    }

    private static void Write(Terminal terminal, Form form, Baseline baseline, string format, string label, bool withSights)
    {
        if (format != Own)
        {
            terminal.Out.Write(Policy(baseline, format, label));
        }
        else if (form == Form.Table)
        {
            BaselineCommand.WriteItems(terminal, baseline);
        }
        else
        {
            Answer.WriteTree(terminal, form, form == Form.Csv ? BaselineCommand.Rows(baseline) : BaselineCommand.Tree(baseline, withSights));
        }
    }

    private static void Keep(string path, byte[] content, string key)
    {
        // Signed first: a key that cannot be used leaves no file behind.
        var signature = key.Length > 0 ? BaselineSignature.Sign(content, key) : null;
        try
        {
            File.WriteAllBytes(path, content);
            if (signature is not null)
            {
                File.WriteAllBytes(BaselineSignature.PathOf(path), signature);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--file {path}: {e.Message}");
        }
    }
}
