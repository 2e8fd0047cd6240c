using System.CommandLine;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class WhereCommand
{
    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var what = new Argument<string>("WHAT") { Description = "A path, a SHA-256, a domain (* and ? stand for letters), an address or a network" };
        var limit = new Option<int>("--limit", "-n") { Description = "Rows, 1 to 1000", HelpName = "N", DefaultValueFactory = _ => 100 };
        var failOnAny = new Option<bool>("--fail-on-any") { Description = $"Exit code {ExitCode.SomethingFound} when it was seen anywhere" };
        var command = new Command("where", "In which deployments something appeared, and when first") { what, limit, failOnAny };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var found = await connection.AskAsync((query, options) => query.FindSightingsAsync(new() { What = parsed.GetValue(what), Limit = parsed.GetValue(limit) }, options), stop);
            if (common.FormOf(parsed) == Form.Csv)
            {
                Answer.WriteTree(terminal, Form.Csv, new System.Text.Json.Nodes.JsonObject { ["sightings"] = MessageTree.Of(found)["sightings"]!.DeepClone() });
            }
            else
            {
                Answer.Write(terminal, common.FormOf(parsed), found, () => Write(terminal, parsed.GetValue(what)!, found));
            }

            return found.Deployments > 0 && parsed.GetValue(failOnAny) ? ExitCode.SomethingFound : ExitCode.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal, string what, FindSightingsResponse found)
    {
        terminal.Out.WriteLine(
            $"{Page.Safe(what)}: in {Words.Number(found.Deployments)} of {Words.Count(found.AllDeployments, "deployment")}{(found.Since is null ? "; nothing was seen so far" : $", looked at since {Words.Moment(found.Since)}")}.");
        if (found.Sightings.Count == 0)
        {
            return;
        }

        var table = new TextTable(new("FIRST SEEN"), new("LAST SEEN"), new("DEPLOYMENT", Flexible: true), new("AS"), new("SEEN", Right: true), new("WHAT", Flexible: true));
        foreach (var sighting in found.Sightings)
        {
            table.Add(Words.Moment(sighting.FirstSeen), Words.Moment(sighting.LastSeen), Words.Scope(sighting.ScopeId), sighting.Role, Words.Number(sighting.Count), sighting.Value);
        }

        table.Write(terminal);
        if (found.Cut)
        {
            terminal.Error.WriteLine("There is more: --limit 1000, or less of a pattern");
        }
    }
}
