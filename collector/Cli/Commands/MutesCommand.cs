using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class MutesCommand
{
    public static Command Create(CommonOptions common, Terminal terminal) => new("mutes", "Alerts of a deployment that nobody is told of for a while")
    {
        Add(common, terminal), List(common, terminal), Remove(common, terminal),
    };

    private static Command Add(CommonOptions common, Terminal terminal)
    {
        var scope = new Argument<string>("SCOPE") { Description = "Deployment: its id or an unambiguous part of it; may be left out with --incident", Arity = ArgumentArity.ZeroOrOne, DefaultValueFactory = _ => "" };
        var reason = new Option<string>("--reason") { Description = "Why; kept with your name and the time", HelpName = "WORDS", Required = true };
        var duration = Text("--for", "How long: 2h, 7d; at most 90d", "TIME");
        var until = Text("--until", "Up to then: 2026-04-25, 2026-04-25T13:00Z", "TIME");
        var kind = Text("--kind", "Deviations of this kind only; tier0 for a fact that needs no baseline", "KIND");
        var item = Text("--item", "Deviations of this key only; * stands for any characters. Of tier0: FACT|…", "PATTERN");
        var incident = Text("--incident", "What has the cause of this incident only", "ID");
        var owner = Text("--owner", "Who answers for it; you, unless set", "WHO");
        var anyImage = new Option<bool>("--any-image") { Description = "Goes on when the deployment's image changes" };
        var command = new Command("add", "Silences alerts until a time, or until the deployment's image changes") { scope, reason, duration, until, kind, item, incident, owner, anyImage };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var request = new AddMuteRequest
            {
                Scope = parsed.GetValue(scope), Reason = parsed.GetValue(reason), Kind = parsed.GetValue(kind), Key = parsed.GetValue(item), IncidentId = parsed.GetValue(incident),
                Owner = parsed.GetValue(owner), AnyImage = parsed.GetValue(anyImage), Expires = Timestamp.FromDateTimeOffset(End(parsed, duration, until, terminal.Time.GetUtcNow())),
            };
            var mute = await connection.AskAsync(options => connection.Alerts.AddMuteAsync(request, options), stop);
            Answer.Write(terminal, common.FormOf(parsed), mute, () => terminal.Out.WriteLine(
                $"Muted {What(mute)} in {Page.Safe(Words.Scope(mute.ScopeId))} until {Words.Moment(mute.Expires)}{(mute.AnyImage ? "" : " or until another image runs")}. End it: runtimectl mutes remove {Words.ShortId(mute.Id)}"));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command List(CommonOptions common, Terminal terminal)
    {
        var list = new ListOptions();
        var ended = new Option<bool>("--ended") { Description = "Those that ended too" };
        var command = new Command("list", "Newest first: what is silenced, by whom, why, how long, and how often it was") { list.Scope, ended, list.Limit, list.PageToken, list.All };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var (rows, next) = await list.PagesAsync<Mute>(parsed, async (size, token) =>
            {
                var request = new ListMutesRequest { PageSize = size, PageToken = token, Scope = parsed.GetValue(list.Scope), All = parsed.GetValue(ended) };
                var page = await connection.AskAsync(options => connection.Alerts.ListMutesAsync(request, options), stop);
                return (page.Mutes, page.NextPageToken);
            });
            Answer.Write(terminal, common.FormOf(parsed), new ListMutesResponse { Mutes = { rows }, NextPageToken = next }, () => Write(terminal, rows, next));
            return ExitCode.Ok;
        });
        return command;
    }

    private static Command Remove(CommonOptions common, Terminal terminal)
    {
        var id = new Argument<string>("ID") { Description = "The mute's id or its first characters (4 or more)" };
        var command = new Command("remove", "Ends it now: what goes on is told at its next sight") { id };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var mute = await connection.AskAsync(options => connection.Alerts.RemoveMuteAsync(new() { Id = parsed.GetValue(id) }, options), stop);
            Answer.Write(terminal, common.FormOf(parsed), mute, () =>
                terminal.Out.WriteLine($"Removed {Words.ShortId(mute.Id)}, which silenced {Words.Count(mute.Silenced, "alert")} of {Page.Safe(Words.Scope(mute.ScopeId))}."));
            return ExitCode.Ok;
        });
        return command;
    }

    /// <exception cref="UsageException">Neither or both.</exception>
    private static DateTimeOffset End(ParseResult parsed, Option<string> duration, Option<string> until, DateTimeOffset now) =>
        (parsed.GetValue(duration), parsed.GetValue(until)) switch
        {
            ({ Length: > 0 } span, "") => now + (now - Moment.Parse("--for", span, now)),
            ("", { Length: > 0 } time) => Moment.Parse("--until", time, now),
            _ => throw new UsageException("a mute needs an end: --for 7d or --until TIME, one of the two"),
        };

    private static void Write(Terminal terminal, List<Mute> mutes, string next)
    {
        if (mutes.Count == 0)
        {
            terminal.Out.WriteLine("Nothing is muted.");
            return;
        }

        var now = terminal.Time.GetUtcNow();
        var table = new TextTable(
            new("ID"), new("STATE"), new("DEPLOYMENT", Flexible: true), new("WHAT", Flexible: true), new("OWNER", Flexible: true), new("ENDS"), new("SILENCED", Right: true), new("REASON", Flexible: true));
        foreach (var mute in mutes)
        {
            table.Add(
                Words.ShortId(mute.Id), mute.State, Words.Scope(mute.ScopeId), What(mute), mute.Owner, Words.Ago(mute.Ended ?? mute.Expires, now), Words.Number(mute.Silenced), mute.Reason);
        }

        table.Write(terminal);
        Answer.WriteMore(terminal, next);
    }

    private static string What(Mute mute) => (mute.Kind, mute.Key, mute.Cause) switch
    {
        ("", "", "") => "all but facts that need no baseline",
        ("", "", var cause) => "what begins with " + Page.Safe(cause),
        (var kind, var key, var cause) => Page.Safe(string.Join(' ', new[] { kind, key, cause.Length > 0 ? "below " + cause : "" }.Where(part => part.Length > 0))),
    };

    private static Option<string> Text(string name, string description, string helpName) => new(name) { Description = description, HelpName = helpName, DefaultValueFactory = _ => "" };
}
