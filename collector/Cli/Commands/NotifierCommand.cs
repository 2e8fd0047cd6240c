using System.CommandLine;
using Runtime.Cli.Output;

namespace Runtime.Cli.Commands;

internal static class NotifierCommand
{
    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var name = new Argument<string>("NAME") { Description = "As the collector's settings name it" };
        var test = new Command("test", "Sends a sample alert and tells what the receiver answered") { name };
        test.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var answer = await connection.AskAsync((query, options) => query.TestNotifierAsync(new() { Name = parsed.GetValue(name) }, options), stop);
            Answer.Write(terminal, common.FormOf(parsed), answer, () =>
                terminal.Out.WriteLine($"{(answer.Delivered ? Ink.Green.Paint("Delivered", terminal) : Ink.Red.Paint("Not delivered", terminal))} after {answer.Milliseconds} ms: {Page.Safe(answer.Answer)}"));
            return answer.Delivered ? ExitCode.Ok : ExitCode.Failed;
        });
        return new Command("notifier", "Who is told of incidents") { test };
    }
}
