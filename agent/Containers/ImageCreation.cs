using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Runtime.Agent.Containers;

/// <summary>When an image was built, as its author wrote it into the image: any bytes, of any length.</summary>
/// <remarks>Escapes are not resolved: neither names nor times need any, and System.Text.Json throws at half a surrogate pair.</remarks>
internal static class ImageCreation
{
    private const int MaxInfo = 4 * 1024 * 1024;
    private const int MaxTime = 64;

    // Before it there were no container images: 0001-01-01, 1970-01-01 and 1980-01-01 are what builders write that tell no time.
    private static readonly DateTimeOffset Earliest = new(2013, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Clocks of builders differ from the node's.
    private static readonly TimeSpan Ahead = TimeSpan.FromDays(1);

    /// <param name="info">The CRI's verbose answer, <c>{"imageSpec":{"created":"2026-01-02T03:04:05Z",…},…}</c>, of containerd and CRI-O.</param>
    /// <returns>Unix seconds; 0 where it tells none that can be.</returns>
    public static long OfVerboseInfo(string info, DateTimeOffset now)
    {
        if (info.Length > MaxInfo)
            return 0;
        try
        {
            var json = new Utf8JsonReader(Encoding.UTF8.GetBytes(info));
            return json.Read() && Enter(ref json, "imageSpec") && Enter(ref json, "created") && json.TokenType == JsonTokenType.String
                && !json.ValueIsEscaped && json.ValueSpan.Length <= MaxTime && json.TryGetDateTimeOffset(out var created)
                ? Plausible(created, now)
                : 0;
        }
        catch (JsonException)
        {
            // No JSON tells no time; the container's record does without.
            return 0;
        }
    }

    /// <param name="text">RFC 3339.</param>
    /// <returns>Unix seconds; 0 where it tells none that can be.</returns>
    public static long OfJson(JsonElement text, DateTimeOffset now) =>
        text.ValueKind == JsonValueKind.String && JsonMarshal.GetRawUtf8Value(text) is { Length: <= MaxTime } raw && !raw.Contains((byte)'\\') && text.TryGetDateTimeOffset(out var created) ? Plausible(created, now) : 0;

    private static long Plausible(DateTimeOffset created, DateTimeOffset now) => created >= Earliest && created <= now + Ahead ? created.ToUnixTimeSeconds() : 0;

    /// <summary>From the beginning of an object to the value of one of its own names.</summary>
    private static bool Enter(ref Utf8JsonReader json, string name)
    {
        if (json.TokenType != JsonTokenType.StartObject)
            return false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isIt = !json.ValueIsEscaped && json.ValueTextEquals(name);
            if (!json.Read())
                return false;
            if (isIt)
                return true;
            json.Skip();
        }
        return false;
    }
}
