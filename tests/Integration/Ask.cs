using Runtime.Stack;
using Runtime.V1;

namespace Runtime.Integration;

/// <summary>Questions to the collector, asked until the answer is there.</summary>
internal static class Ask
{
    public static async Task<Event> EventAsync(this RuntimeStack stack, string text, Func<Event, bool> fits, string what)
    {
        var events = await CollectorClient.UntilAsync(
            async () => await stack.Client.Query.ListEventsAsync(new ListEventsRequest { Text = text, PageSize = 1000 }).ResponseAsync,
            answer => answer.Events.Any(fits),
            Machine.Soon,
            what);
        return events.Events.First(fits);
    }

    public static async Task<Incident> IncidentAsync(this RuntimeStack stack, string text, string what)
    {
        var incidents = await CollectorClient.UntilAsync(
            async () => await stack.Client.Query.ListIncidentsAsync(new ListIncidentsRequest { Text = text }).ResponseAsync,
            answer => answer.Incidents.Count > 0,
            Machine.Soon,
            what);
        return await stack.Client.Query.GetIncidentAsync(new GetIncidentRequest { Id = incidents.Incidents[0].Id });
    }

    /// <summary>The list of images says when it was built, and the search finds a container's events by that.</summary>
    public static async Task BuiltAsync(this RuntimeStack stack, string reference, DateTimeOffset built, string containerId)
    {
        await CollectorClient.UntilAsync(
            async () => await stack.Client.Query.ListImagesAsync(new ListImagesRequest { Text = reference }).ResponseAsync,
            answer => answer.Images.Any(image => image.Created?.ToDateTimeOffset() == built),
            Machine.Soon,
            $"{reference} was built {built:O}");
        await CollectorClient.UntilAsync(
            async () => await stack.Client.Query.SearchAsync(new SearchRequest { Query = $"container.id:{containerId} image.created:<{built.AddSeconds(1):yyyy-MM-ddTHH:mm:ssZ} image.created:>{built.AddSeconds(-1):yyyy-MM-ddTHH:mm:ssZ}" }).ResponseAsync,
            answer => answer.Hits.Count > 0,
            Machine.Soon,
            $"events of {reference} by when it was built");
    }

    /// <summary>A program of its own name, so that the test's exec can be told from all others; answers its path.</summary>
    public static string Marker(RuntimeStack stack)
    {
        var path = Path.Combine(stack.Folder, "marker-" + Guid.NewGuid().ToString("N")[..12]);
        File.Copy("/bin/true", path);
        return path;
    }

    public static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = global::System.Diagnostics.Process.Start(program, arguments);
        await process.WaitForExitAsync();
    }
}
