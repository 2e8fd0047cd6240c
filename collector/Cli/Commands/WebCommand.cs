using System.CommandLine;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class WebCommand
{
    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var role = new Option<string>("--role") { Description = "What the page may do: viewer looks, analyst closes and approves, admin everything; at most, and by default, what you may", HelpName = "ROLE", DefaultValueFactory = _ => "" }
            .AcceptOnlyFromAmong("viewer", "analyst", "admin");
        var command = new Command("web", "A link that opens the web page, once, within a minute") { role, End(common, terminal) };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var link = await connection.AskAsync(options => connection.Web.CreateLinkAsync(new() { Role = parsed.GetValue(role)! }, options), stop);
            Answer.Write(terminal, common.FormOf(parsed), link, () =>
            {
                terminal.Out.WriteLine(link.Url);
                terminal.Error.WriteLine($"Opens the page as {link.Role}, once, within {Words.Span(link.Expires.ToDateTimeOffset() - terminal.Time.GetUtcNow() + TimeSpan.FromSeconds(1))}. Whoever has it gets in: give it to nobody.");
            });
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command End(CommonOptions common, Terminal terminal)
    {
        var command = new Command("end", "Ends every session of the page");
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var ended = await connection.AskAsync(options => connection.Web.EndSessionsAsync(new(), options), stop);
            Answer.Write(terminal, common.FormOf(parsed), ended, () => terminal.Out.WriteLine($"Ended {Words.Count(ended.Sessions, "session")}."));
            return ExitCode.Ok;
        });
        return command;
    }
}
