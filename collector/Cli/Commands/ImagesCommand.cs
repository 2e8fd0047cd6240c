using System.CommandLine;
using Runtime.Cli.Output;
using Runtime.V1;

namespace Runtime.Cli.Commands;

internal static class ImagesCommand
{
    public static Command Create(CommonOptions common, Terminal terminal)
    {
        var list = new ListOptions();
        list.Since.Description = "First seen from then on: 2h, 7d, 2026-04-25, 2026-04-25T13:00Z";
        list.TextFilter.Description = "A part of the reference or the digest";
        var command = new Command("images", "What runs and ran, image by image, and where") { list.TextFilter, list.Since, list.Limit, list.PageToken, list.All, list.FailOnAny };
        command.SetAction(async (parsed, stop) =>
        {
            using var connection = common.Connect(parsed);
            var request = new ListImagesRequest { Text = parsed.GetValue(list.TextFilter), Since = ListOptions.TimeOf(parsed, list.Since, terminal.Time) };
            var (rows, next) = await list.PagesAsync<Image>(parsed, async (size, token) =>
            {
                (request.PageSize, request.PageToken) = (size, token);
                var page = await connection.AskAsync((query, options) => query.ListImagesAsync(request, options), stop);
                return (page.Images, page.NextPageToken);
            });
            Answer.Write(terminal, common.FormOf(parsed), new ListImagesResponse { Images = { rows }, NextPageToken = next }, () =>
            {
                if (rows.Count == 0)
                {
                    terminal.Out.WriteLine(list.Filtered(parsed) ? "No image matches." : "No images yet: no agent has reported a container. See runtimectl status.");
                    return;
                }

                Write(terminal, rows);
                Answer.WriteMore(terminal, next);
            });
            return rows.Count > 0 && parsed.GetValue(list.FailOnAny) ? ExitCode.SomethingFound : ExitCode.Ok;
        });
        return command;
    }

    private static void Write(Terminal terminal, List<Image> images)
    {
        var now = terminal.Time.GetUtcNow();
        var table = new TextTable(
            new("IMAGE", Flexible: true), new("DIGEST"), new("REPLICAS", Right: true), new("NODES", Right: true), new("DEPLOYMENTS", Flexible: true), new("BUILT"), new("FIRST SEEN"), new("LAST SEEN"));
        foreach (var image in images)
        {
            table.Add(
                image.Reference, Words.ShortDigest(image.Digest), $"{image.Replicas}", $"{image.Nodes}",
                string.Join(", ", image.ScopeIds.Take(3).Select(Words.Scope)) + (image.Deployments > 3 ? $" and {image.Deployments - 3} more" : ""),
                Words.Ago(image.Created, now), Words.Ago(image.FirstSeen, now), Words.Ago(image.LastSeen, now));
        }

        table.Write(terminal);
    }
}
