namespace Runtime.Cli.Commands;

/// <summary>A difference of two baselines; null: that side has no such item.</summary>
internal sealed record BaselineChange(string Kind, string Key, string? Before, string? After)
{
    public string Sign => Before is null ? "+" : After is null ? "-" : "~";
}

/// <summary>What a reviewed file asks of a living baseline.</summary>
/// <param name="Unreviewed">Learnt or approved, and the file does not have it, or has it as removed or pending.</param>
/// <param name="Unseen">In the file as part of the baseline, and the deployment does not have it.</param>
internal sealed record BaselineReview(IReadOnlyList<FileItem> Unreviewed, IReadOnlyList<FileItem> Unseen);

/// <summary>Compares baselines by kind and key. Pure.</summary>
internal static class BaselineChanges
{
    /// <summary>Sorted by kind and key.</summary>
    public static IReadOnlyList<BaselineChange> Between(IEnumerable<FileItem> before, IEnumerable<FileItem> after)
    {
        var (left, right) = (ByKey(before), ByKey(after));
        return [.. left.Keys.Union(right.Keys)
            .Select(key => new BaselineChange(key.Kind, key.Key, left.GetValueOrDefault(key), right.GetValueOrDefault(key)))
            .Where(change => change.Before != change.After)
            .OrderBy(change => change.Kind, StringComparer.Ordinal).ThenBy(change => change.Key, StringComparer.Ordinal)];
    }

    public static BaselineReview Review(BaselineFile file, BaselineFile living)
    {
        var reviewed = ByKey(file.Items);
        var known = ByKey(living.Items);
        return new(
            [.. living.Items.Where(item => IsPart(item.State) && !IsPart(reviewed.GetValueOrDefault((item.Kind, item.Key))))],
            [.. file.Items.Where(item => IsPart(item.State) && !IsPart(known.GetValueOrDefault((item.Kind, item.Key))))]);
    }

    /// <summary>Does not deviate.</summary>
    private static bool IsPart(string? state) => state is "learned" or "approved";

    private static Dictionary<(string Kind, string Key), string> ByKey(IEnumerable<FileItem> items)
    {
        var byKey = new Dictionary<(string, string), string>();
        foreach (var item in items)
        {
            byKey[(item.Kind, item.Key)] = item.State;
        }

        return byKey;
    }
}
