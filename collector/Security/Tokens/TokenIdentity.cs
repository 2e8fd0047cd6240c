using System.Text.Json;
using Runtime.Collector.Configuration;

namespace Runtime.Collector.Security.Tokens;

/// <summary>What became of a token.</summary>
/// <param name="Caller">Null: refused.</param>
/// <param name="Fault">Why, for who sent it.</param>
/// <param name="IsKnown">Refused, but the cluster knows whose it is.</param>
internal sealed record TokenVerdict(Caller? Caller, string Fault = "", bool IsKnown = false);

/// <summary>Reads the status of a TokenReview (authentication.k8s.io/v1).</summary>
internal static class TokenIdentity
{
    public const string UserPrefix = "user:";
    public const string GroupPrefix = "group:";
    public const string ServiceAccountPrefix = "serviceaccount:";

    // As Kubernetes calls them: system:serviceaccount:NAMESPACE:NAME.
    private const string ServiceAccountUser = "system:serviceaccount:";
    private const int MostCharacters = 200;

    /// <exception cref="JsonException">It is not what an API server answers.</exception>
    public static TokenVerdict Of(JsonElement review, TokenReviewOptions options)
    {
        if (review.ValueKind != JsonValueKind.Object || !review.TryGetProperty("status", out var status) || status.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("the API server's answer has no status");
        }

        if (!status.TryGetProperty("authenticated", out var isAuthenticated) || isAuthenticated.ValueKind != JsonValueKind.True)
        {
            var error = Text(status, "error");
            return new(null, "the cluster does not know the token" + (error.Length > 0 ? ": " + Short(error) : ""));
        }

        // A server that knows nothing of audiences leaves them out: its word then says nothing of whom the token is for.
        if (!Texts(status, "audiences").Contains(options.Audience, StringComparer.Ordinal))
        {
            return new(null, $"the token was not made for the audience {options.Audience}: kubectl create token NAME --audience {options.Audience}");
        }

        var user = status.TryGetProperty("user", out var found) && found.ValueKind == JsonValueKind.Object ? found : throw new JsonException("the API server's answer has no user");
        var name = Text(user, "username");
        List<string> values = [UserPrefix + name, .. Texts(user, "groups").Select(group => GroupPrefix + group)];
        if (name.StartsWith(ServiceAccountUser, StringComparison.Ordinal) && name[ServiceAccountUser.Length..].Split(':') is [var place, var account])
        {
            values.Add($"{ServiceAccountPrefix}{place}/{account}");
        }

        var roles = name.Length > 0 ? options.Roles.RolesOf(values) : CallerRoles.None;
        return roles != CallerRoles.None ? new(new Caller($"{Short(name)} (Kubernetes)", roles))
            : new(null, $"{Short(name)} has no role here: Listen:TokenReview:Roles names none of {Short(string.Join(", ", values))}", IsKnown: true);
    }

    private static string Text(JsonElement of, string name) => of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static IEnumerable<string> Texts(JsonElement of, string name) => of.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
        ? list.EnumerateArray().Where(value => value.ValueKind == JsonValueKind.String).Select(value => value.GetString()!) : [];

    private static string Short(string text)
    {
        var shown = PrintableText.Escape(text);
        return shown.Length <= MostCharacters ? shown : string.Concat(shown.AsSpan(0, MostCharacters - 1), "…");
    }
}
