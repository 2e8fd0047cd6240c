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
            "runtimectl search 'deployment:shop/web since:7d new:true'",
            "runtimectl where /tmp/xmrig",
        ],
        ["images"] = ["runtimectl images --text docker.io --since 7d", "runtimectl images --text sha256:9f86d081 -o json"],
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
        ["baseline export"] =
        [
            "runtimectl baseline export shop/web > web.baseline.yaml",
            "runtimectl baseline export shop/web -o json",
            "runtimectl baseline export shop/web --format networkpolicy --label app > policy.yaml   # also seccomp, apparmor, falco, tetragon",
            "runtimectl baseline export shop/web --file web.baseline.yaml --sign key.pem           # and web.baseline.yaml.sig",
        ],
        ["baseline diff"] = ["runtimectl baseline diff shop/web --since 2026-04-25", "runtimectl baseline diff shop/web shop/web-canary", "runtimectl baseline diff web.baseline.yaml shop/web --fail-on-any"],
        ["baseline check"] = ["runtimectl baseline check web.baseline.yaml", "runtimectl baseline check web.baseline.yaml --scope staging/web -o json", "runtimectl baseline check web.baseline.yaml --verify public.pem"],
        ["baseline import"] = ["runtimectl baseline import web.baseline.yaml --reason 'pull request 812' --dry-run", "runtimectl baseline import web.baseline.yaml --reason 'pull request 812'"],
        ["baseline expand"] = ["runtimectl baseline expand shop/web '/usr/sbin/nginx|create|/srv/up/%{letters 14}.jpg|other' --note 'look at each'"],
        ["digest"] = ["runtimectl digest", "runtimectl digest --since 7d"],
        ["events list"] = ["runtimectl events list --scope web --kind network --since 10m", "runtimectl events list --follow --kind exec"],
        ["search"] =
        [
            "runtimectl search 'deployment:shop/web kind:process binary:/tmp/* since:7d'",
            "runtimectl search 'severity:>=high image.registry:docker.io new:true' -o csv",
            "runtimectl search 'type:incident state:open (technique:T1059* or alerted:true)'",
            "runtimectl search 'address:10.0.0.0/8 -port:443,5432 not namespace:kube-system'",
            "runtimectl search --fields                                # every field; collector/Query/search.md has the rules",
        ],
        ["where"] =
        [
            "runtimectl where /tmp/xmrig",
            "runtimectl where 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "runtimectl where '*.example.com'",
            "runtimectl where 203.0.113.0/24 --fail-on-any            # exit code 4 when it was seen",
        ],
        ["new"] = ["runtimectl new --since 2019-04-25 --registry docker.io", "runtimectl new --since 2d 'namespace:shop -deployment:ci*'"],
        ["around"] = ["runtimectl around web-5d9c-x1 --at 2026-04-25T13:00Z --window 10m", "runtimectl around 4f1c9a2b77d0 --at 2h"],
        ["replay"] =
        [
            "runtimectl replay --since 7d --budget 0.003                # before the setting Baselines:AlertBudget is changed",
            "runtimectl replay 'shop/*' --rules rules.yaml --fail-on-any  # exit code 4 when it would page what did not page",
            "runtimectl replay --outlook                                # eight budgets beside each other",
        ],
        ["notifier test"] = ["runtimectl notifier test slack"],
        ["notifier deliveries"] = ["runtimectl notifier deliveries --state failed", "runtimectl notifier deliveries --notifier duty --incident 4f1c9a0b7d2e4f1c9a0b"],
        ["notifier repeat"] = ["runtimectl notifier repeat 812"],
        ["mutes add"] =
        [
            "runtimectl mutes add shop/web --kind egress --item '*backup.example.org*' --for 7d --reason 'new backup, change 812'",
            "runtimectl mutes add --incident 4f1c --for 4h --reason 'load test' --owner team-shop",
            "runtimectl mutes add ci/runner --kind tier0 --item 'memfd_exec|*' --for 30d --reason 'the linker does so' --any-image",
        ],
        ["mutes list"] = ["runtimectl mutes list --scope shop", "runtimectl mutes list --ended -o csv"],
        ["mutes remove"] = ["runtimectl mutes remove 9b3a"],
        ["web"] = ["runtimectl web", "runtimectl web --role viewer", "runtimectl web end"],
        ["completion"] = ["source <(runtimectl completion bash)", "source <(runtimectl completion zsh)"],
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
