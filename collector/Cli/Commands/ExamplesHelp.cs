using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Runtime.Cli.Commands;

/// <summary>The usual help, then the command's examples.</summary>
internal sealed class ExamplesHelp(HelpAction help) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> _examples = new()
    {
        ["runtimectl"] =
        [
            "runtimectl status",
            "runtimectl incidents list --state open --since 2h",
            "runtimectl incidents show 4f1c",
            "runtimectl baseline show shop/web",
        ],
        ["incidents"] = ["runtimectl incidents list --since 2h", "runtimectl incidents show 4f1c", "runtimectl incidents close 4f1c --verdict benign --note 'load test'"],
        ["incidents list"] =
        [
            "runtimectl incidents list --scope shop/web --severity high --since 2h",
            "runtimectl incidents list --state open --fail-on-any        # exit code 4 when something is open",
            "runtimectl incidents list --all -o json | jq '.incidents[].title'",
        ],
        ["incidents close"] = ["runtimectl incidents close 4f1c --verdict malicious --note 'host taken off the network'"],
        ["incidents approve"] = ["runtimectl incidents approve 4f1c --note 'new backup job, change 812'"],
        ["deviations list"] = ["runtimectl deviations list --kind egress --since 2026-04-25 --text 10.0.0.9"],
        ["deviations approve"] = ["runtimectl deviations approve 9b3a --note 'new payment provider'"],
        ["baseline"] = ["runtimectl baseline show shop/web", "runtimectl baseline export shop/web > web.baseline.yaml"],
        ["baseline remove"] = ["runtimectl baseline remove shop/web /usr/bin/curl --reason 'no longer part of the image'"],
        ["baseline export"] = ["runtimectl baseline export shop/web > web.baseline.yaml", "runtimectl baseline export shop/web -o json"],
        ["baseline expand"] = ["runtimectl baseline expand shop/web '/usr/sbin/nginx|create|/srv/up/%{letters 14}.jpg|other' --note 'look at each'"],
        ["digest"] = ["runtimectl digest", "runtimectl digest --since 7d"],
        ["events list"] = ["runtimectl events list --scope web --kind network --since 10m", "runtimectl events list --follow --kind exec"],
        ["notifier test"] = ["runtimectl notifier test slack"],
        ["notifier deliveries"] = ["runtimectl notifier deliveries --state failed", "runtimectl notifier deliveries --notifier duty --incident 4f1c9a0b7d2e4f1c9a0b"],
        ["notifier repeat"] = ["runtimectl notifier repeat 812"],
        ["mutes add"] =
        [
            "runtimectl mutes add shop/web --kind egress --item '*backup.example.org*' --for 7d --reason 'new backup, change 812'",
            "runtimectl mutes add --incident 4f1c --for 4h --reason 'load test' --owner team-shop",
            "runtimectl mutes add ci/runner --kind tier0 --item 'memfd_exec|*' --for 30d --reason 'the linker does so' --any-image",
        ],
        ["mutes list"] = ["runtimectl mutes list --scope shop", "runtimectl mutes list --ended"],
        ["mutes remove"] = ["runtimectl mutes remove 9b3a"],
        ["completion"] = ["source <(runtimectl completion)"],
    };

    public override bool Terminating => true;

    public override int Invoke(ParseResult parseResult)
    {
        var result = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        if (_examples.TryGetValue(Path(parseResult.CommandResult.Command), out var examples))
        {
            output.WriteLine("Examples:");
            foreach (var example in examples)
            {
                output.WriteLine("  " + example);
            }
        }

        if (parseResult.CommandResult.Command is RootCommand)
        {
            output.WriteLine();
            output.WriteLine("Exit codes: 0 done, 1 failed or collector not reached, 2 wrong command line, 3 not found, 4 something found (--fail-on-any)");
        }

        return result;
    }

    private static string Path(Command command) => command is RootCommand ? "runtimectl"
        : command.Parents.OfType<Command>().FirstOrDefault() is { } parent and not RootCommand ? $"{Path(parent)} {command.Name}" : command.Name;
}
