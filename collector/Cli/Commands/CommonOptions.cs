using System.CommandLine;
using Runtime.Cli.Output;

namespace Runtime.Cli.Commands;

/// <summary>Which collector, and in which form the answer is printed. Valid before and after every command.</summary>
internal sealed class CommonOptions
{
    public const string DefaultSocket = "/run/runtime/collector.sock";

    private readonly Option<string> _socket = new("--socket")
    {
        Description = "The collector's unix socket",
        HelpName = "PATH",
        Recursive = true,
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("RUNTIME_SOCKET") is { Length: > 0 } path ? path : DefaultSocket,
    };

    private readonly Option<string?> _server = new("--server") { Description = "A collector elsewhere, https://HOST:PORT; needs --ca, and --cert and --key or --token-file", HelpName = "URL", Recursive = true };
    private readonly Option<string?> _certificate = new("--cert") { Description = "PEM file with your certificate", HelpName = "FILE", Recursive = true };
    private readonly Option<string?> _key = new("--key") { Description = "PEM file with its private key", HelpName = "FILE", Recursive = true };
    private readonly Option<string?> _authority = new("--ca") { Description = "PEM file with the authority that signed the collector's certificate", HelpName = "FILE", Recursive = true };
    private readonly Option<string?> _token = new("--token-file") { Description = "File with a Kubernetes token instead of a certificate (kubectl create token NAME --audience runtime-collector)", HelpName = "FILE", Recursive = true };
    private readonly Option<string?> _output = new Option<string?>("--output", "-o") { Description = "table (for people), json, yaml or csv (for programs)", HelpName = "FORM", Recursive = true }
        .AcceptOnlyFromAmong("table", "json", "yaml", "csv");

    public void AddTo(Command root)
    {
        foreach (var option in new Option[] { _output, _socket, _server, _certificate, _key, _authority, _token })
        {
            root.Options.Add(option);
        }
    }

    public Connection Connect(ParseResult parsed) => parsed.GetValue(_server) is { Length: > 0 } server
        ? Connection.OverTls(server, parsed.GetValue(_certificate), parsed.GetValue(_key), parsed.GetValue(_authority), parsed.GetValue(_token))
        : Connection.OverSocket(parsed.GetValue(_socket)!);

    public Form FormOf(ParseResult parsed, Form otherwise = Form.Table) => parsed.GetValue(_output) switch
    {
        "json" => Form.Json,
        "yaml" => Form.Yaml,
        "csv" => Form.Csv,
        "table" => Form.Table,
        _ => otherwise,
    };
}
