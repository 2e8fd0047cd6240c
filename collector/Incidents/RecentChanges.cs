using Runtime.Collector.Ingest;

namespace Runtime.Collector.Incidents;

/// <summary>Many files were changed at once.</summary>
/// <param name="Ending">What stands behind the names of those that took the old ones' places, ".locked"; empty when they were only removed.</param>
internal sealed record MassChange(ulong Files, string Ending);

/// <summary>How many files were removed, or replaced by others of the same name with something behind it, by behaviours that are not the deployment's own.</summary>
/// <remarks>
/// Each step of a loop over somebody's data may weigh nothing (a file is written, one is removed); that there are many within minutes is what tells. A
/// window begins with the first change and does not slide. What overwrites in place and keeps the names is not seen here.
/// </remarks>
internal sealed class RecentChanges
{
    private const ulong Many = 25;

    /// <summary>Of names, or of their templates: a loop's names are most often one template, and what is beyond is only counted.</summary>
    private const int MaxNames = 64;
    private const int MaxEnding = 16;

    /// <summary>UTC ticks of the window's first change; 0 without one.</summary>
    public long Since { get; set; }
    public ulong Removed { get; set; }

    /// <summary>Names that were removed, and how often. At most <see cref="MaxNames"/>; later ones are left out.</summary>
    public Dictionary<string, ulong> Gone { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Names that were made, without what stands behind their last dot, and that. At most <see cref="MaxNames"/>; later ones are left out.</summary>
    public Dictionary<string, MadeBeside> Beside { get; init; } = new(StringComparer.Ordinal);

    [global::System.Text.Json.Serialization.JsonIgnore]
    public bool IsEmpty => Since == 0;

    /// <param name="at">UTC ticks.</param>
    /// <param name="window">Ticks.</param>
    /// <returns>Null as long as it is not many; what was told begins anew.</returns>
    public MassChange? Add(FileObservation file, long at, long window)
    {
        if (at - Since > window)
        {
            Clear();
            Since = at;
        }

        var name = file.Template.Length > 0 ? file.Template : file.Path;
        var (stem, ending) = Split(name);
        switch (file.Operation)
        {
            case FileOperation.Unlink:
                Removed += file.Count;
                AddGone(name, file.Count);
                break;
            // `mv a.txt a.txt.locked`: the old name is gone, and its place is taken.
            case FileOperation.Rename when ending.Length > 0 && file.Path.Length > file.OtherPath.Length && file.Path.StartsWith(file.OtherPath + ".", StringComparison.Ordinal):
                Removed += file.Count;
                AddGone(stem, file.Count);
                AddBeside(stem, ending, file.Count);
                break;
            // Also what is written under a third name first: `x.log.tmp` to `x.log.gz`.
            case FileOperation.Create or FileOperation.Rename when ending.Length > 0:
                AddBeside(stem, ending, file.Count);
                break;
        }

        return Told();
    }

    private void Clear()
    {
        (Since, Removed) = (0, 0);
        Gone.Clear();
        Beside.Clear();
    }

    private MassChange? Told()
    {
        if (Removed < Many)
        {
            return null;
        }

        var takenPlaces = Beside.Where(made => Gone.ContainsKey(made.Key)).ToLookup(made => KeepsContent(made.Value.Ending));
        var kept = takenPlaces[true].Aggregate(0UL, (sum, made) => sum + Math.Min(made.Value.Files, Gone[made.Key]));
        if (Removed - kept < Many)
        {
            return null;
        }

        var replaced = takenPlaces[false]
            .GroupBy(made => made.Value.Ending, StringComparer.Ordinal)
            .Select(group => new MassChange(group.Aggregate(0UL, (sum, made) => sum + Math.Min(made.Value.Files, Gone[made.Key])), group.Key))
            .MaxBy(change => (change.Files, change.Ending));
        var change = replaced is { Files: >= Many } ? replaced : new MassChange(Removed - kept, "");
        Clear();
        return change;
    }

    private void AddGone(string name, ulong files)
    {
        if (Gone.TryGetValue(name, out var before) || Gone.Count < MaxNames)
        {
            Gone[name] = before + files;
        }
    }

    private void AddBeside(string stem, string ending, ulong files)
    {
        if (Beside.TryGetValue(stem, out var before) || Beside.Count < MaxNames)
        {
            Beside[stem] = new(ending, (before?.Ending == ending ? before.Files : 0) + files);
        }
    }

    /// <summary>What compressors append, and who puts a copy aside: the old content is there.</summary>
    private static bool KeepsContent(string ending) =>
        ending is ".gz" or ".bz2" or ".xz" or ".zst" or ".lz4" or ".zip" or ".br" or ".7z" or ".bak" or ".old" or ".orig";

    /// <summary>"/srv/a.txt.locked" is "/srv/a.txt" and ".locked". Numbers, types of a template and what unfinished copies end with are no ending.</summary>
    private static (string Stem, string Ending) Split(string name)
    {
        var dot = name.LastIndexOf('.');
        if (dot <= name.LastIndexOf('/') + 1 || name.Length - dot is < 2 or > MaxEnding)
        {
            return (name, "");
        }

        var ending = name[dot..];
        var isNone = ending is ".tmp" or ".part" or ".swp" or ".new" || ending.AsSpan(1).ContainsAny('<', '>') || ending.AsSpan(1).IndexOfAnyExceptInRange('0', '9') < 0;
        return isNone ? (name, "") : (name[..dot], ending);
    }
}

internal sealed record MadeBeside(string Ending, ulong Files);
