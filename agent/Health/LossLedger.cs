using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Runtime.Agent.Containers;
using Runtime.Agent.Reduction;

namespace Runtime.Agent.Health;

/// <summary>What was lost of one kind, for one reason, since the agent started.</summary>
/// <param name="Owner">In words: "shop/web-0 (server)", "the host", "somebody unknown".</param>
/// <param name="FirstUnixNs">Wall clock.</param>
internal sealed record LossLine(string Owner, string Kind, string Reason, ulong Count, long FirstUnixNs, long LastUnixNs)
{
    /// <summary>412 file events of shop/web-0 (server), 10:02:03 to 10:02:05 UTC: share_full</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Count} {Kind} {(Count == 1 ? "event" : "events")} of {Owner}, {Time(FirstUnixNs)} to {Time(LastUnixNs)} UTC: {Reason}");

    private static string Time(long unixNs) => DateTimeOffset.UnixEpoch.AddTicks(unixNs / 100).ToString("HH:mm:ss", CultureInfo.InvariantCulture);
}

[JsonSerializable(typeof(LossLine[]))]
internal sealed partial class LossJson : JsonSerializerContext;

/// <summary>
/// What the agent at work lost since it started, by whom it is missing from. Kept in a file beside the sign of life, because nothing of ours
/// listens: <c>agent check</c> reads it. Any thread.
/// </summary>
internal sealed class LossLedger(string stateFolder, TimeProvider time, AgentLog log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>The one that lost longest ago leaves; the counters still have it.</summary>
    public const int MaxLines = 64;

    private readonly Lock _lock = new();

    // Bounded by MaxLines.
    private readonly Dictionary<(string? Container, bool Host, string Kind, string Reason), LossLine> _lines = [];
    private bool _isNews = true;

    public static string PathIn(string stateFolder) => Path.Combine(stateFolder, "losses.json");

    public void Add(LossFact loss)
    {
        var owner = loss.Host ? "the host" : loss.Container is { } container ? NameOf(container) : "somebody unknown";
        var key = (loss.Container?.Id, loss.Host, loss.Kind, loss.Reason);
        lock (_lock)
        {
            _isNews = true;
            if (_lines.TryGetValue(key, out var line))
            {
                _lines[key] = line with { Owner = owner, Count = line.Count + loss.Count, FirstUnixNs = Math.Min(line.FirstUnixNs, loss.FirstUnixNs), LastUnixNs = Math.Max(line.LastUnixNs, loss.LastUnixNs) };
                return;
            }
            if (_lines.Count == MaxLines)
                _lines.Remove(_lines.MinBy(l => l.Value.LastUnixNs).Key);
            _lines[key] = new(owner, loss.Kind, loss.Reason, loss.Count, loss.FirstUnixNs, loss.LastUnixNs);
        }
    }

    /// <summary>Keeps the file up to date until the token; beside the capture thread, which a disk must not hold up.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
                Write();
            while (await timer.WaitForNextTickAsync(stop));
        }
        catch (OperationCanceledException)
        {
            // The agent stops.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Warning($"State is \"{stateFolder}\", which cannot be written ({e.Message}): 'agent check' will not say what this agent lost");
        }
    }

    /// <summary>Writes the file when something was lost since the last call, and at the first.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public void Write()
    {
        LossLine[] lines;
        lock (_lock)
        {
            if (!_isNews)
                return;
            _isNews = false;
            lines = [.. _lines.Values.OrderByDescending(line => line.LastUnixNs)];
        }
        Directory.CreateDirectory(stateFolder);
        // Whoever reads it meanwhile has the old file whole.
        var path = PathIn(stateFolder);
        File.WriteAllBytes(path + ".new", JsonSerializer.SerializeToUtf8Bytes(lines, LossJson.Default.LossLineArray));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <returns>The newest first.</returns>
    /// <exception cref="IOException">There is no such file, or it cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    /// <exception cref="JsonException">It is not what an agent writes.</exception>
    public static IReadOnlyList<LossLine> Read(string stateFolder) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(PathIn(stateFolder)), LossJson.Default.LossLineArray) ?? [];

    private static string NameOf(ContainerRecord container) =>
        container.PodName.Length > 0 ? $"{container.PodNamespace}/{container.PodName} ({container.Name})"
        : container.Name.Length > 0 ? container.Name
        : container.Id;
}
