using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class DigestCommand
{
    private static readonly DateTimeOffset _always = DateTimeOffset.UnixEpoch;

    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var since = new Option<string>("--since")
        {
            Description = "All that was seen since then, told or not: 2h, 7d, 2026-04-25. Without it: what the last daily digest had, and what came since",
            HelpName = "TIME",
            DefaultValueFactory = _ => "",
        };
        var command = new Command("digest", "What did not alert and is worth a look: the strongest of each cluster") { since };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var request = new GetDigestRequest { Since = ListOptions.TimeOf(parsed, since, terminal.Time) };
            var answer = await connection.AskAsync((query, options) => query.GetDigestAsync(request, options), stop);
            Answer.Write(terminal, common.FormOf(parsed), answer, () => Write(terminal, answer, request.Since));
            return ExitCode.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal, GetDigestResponse answer, Timestamp? since)
    {
        var now = terminal.Time.GetUtcNow();
        if (answer.Digests.Count == 0)
        {
            terminal.Out.WriteLine(
                since is not null ? $"Nothing since {Words.MomentAndAgo(since, now)}: whatever deviated has alerted, or was closed."
                : answer.Last is null ? "Nothing yet: whatever deviated has alerted, or was closed. No daily digest was due so far."
                : $"Nothing: whatever deviated has alerted, or was closed. The last daily digest was made {Words.Ago(answer.Last, now)}.");
            return;
        }

        foreach (var digest in answer.Digests)
        {
            Page.Heading(terminal, $"{(digest.Cluster.Length > 0 ? "Cluster " + Page.Safe(digest.Cluster) : "Without a cluster's name")}, {Span(digest, since is not null, now)}");
            var table = new TextTable(
                new("EVIDENCE", Right: true), new("ALERTS FROM", Right: true), new("DEPLOYMENT", Flexible: true), new("WHAT", Flexible: true), new("SEEN", Right: true), new("PODS", Right: true),
                new("FIRST SEEN"), new("TOLD"), new("ID"));
            foreach (var line in digest.Lines)
            {
                table.Add(
                    Words.Number(line.EValue), Words.Number(line.Threshold), Words.Scope(line.ScopeId), line.Title, Words.Number(line.Count), $"{line.PodCount}",
                    Words.Ago(line.FirstSeen, now), line.Told is null ? "not yet" : Words.Ago(line.Told, now), Words.ShortId(line.IncidentId));
            }

            table.Write(terminal);
            var delayed = (ulong)digest.Lines.Count(line => line.Delayed);
            Note(terminal, delayed, $"{Words.Count(delayed, "of them reaches", "of them reach")} what it takes to alert: a scheduler started it in the first week, so nobody was paged.");
            Note(terminal, digest.More, $"{Words.Number(digest.More)} more with weaker evidence.");
            Note(terminal, digest.Quiet, $"{Words.Number(digest.Quiet)} others are still open, and nothing was seen of them {(since is null ? "since they were told" : "since then")}.");
        }

        terminal.Out.WriteLine();
        terminal.Out.WriteLine("Look further: runtimectl incidents show ID; all of them: runtimectl incidents list --state open");
    }

    private static string Span(Digest digest, bool asked, DateTimeOffset now) =>
        asked ? $"seen since {Words.MomentAndAgo(digest.Since, now)}"
        : digest.Since.ToDateTimeOffset() == _always ? "no digest was made so far"
        : $"of the last daily digest ({Words.MomentAndAgo(digest.Since, now)}) and since";

    private static void Note(Terminal terminal, ulong count, string words)
    {
        if (count > 0)
        {
            terminal.Out.WriteLine("  " + words);
        }
    }
}
