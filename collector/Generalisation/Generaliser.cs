using Runtime.Collector.Baselines;

namespace Runtime.Collector.Generalisation;

/// <summary>
/// Makes one item of the names that a program brings forth in a folder: what varies without end would never settle, and would blind the
/// alert threshold. One pass looks at all writes of a scope.
/// </summary>
/// <remarks>
/// Left as they are: what a person approved, what belongs to an alert or was remarkable when it was seen, protected paths
/// (<see cref="Protection"/>), paths that the scope runs as programs, folders that a person wants apart.
/// </remarks>
/// <param name="leave">Told of every item that leaves for want of room.</param>
/// <param name="day">Ticks of 24 units.</param>
internal sealed class Generaliser(ItemTable items, GroupBaseline files, TemplateTable templates, Func<Item, bool> hasQuorum, Action<Item> leave, long day)
{
    /// <param name="unit">The one that begins.</param>
    /// <param name="where">Folders that may be generalised, as the full key up to the '/'.</param>
    public void Pass(CollapseRule rule, int unit, Func<string, bool> where)
    {
        var programs = Programs();
        var tries = new SortedDictionary<string, PathTrie>(StringComparer.Ordinal);
        var byText = new Dictionary<string, PathTrie>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var item in items.All)
        {
            if (item.State == ItemState.Approved || item.Tainted || item.IsRemarkable || !WriteKey.TrySplit(item.FullKey, out var key))
            {
                continue;
            }

            var path = key.Path.ToString();
            if (Protection.Covers(path) || programs.Contains(path))
            {
                continue;
            }

            if (!byText.TryGetValue(key.Head, out var trie))
            {
                var head = key.Head.ToString();
                byText[head] = trie = new PathTrie(head, rule, hasQuorum, folder => !templates.IsApart(folder) && where(folder), templates.Evicted, day);
                tries.Add(head, trie);
            }

            trie.Add(path, item);
        }

        foreach (var (fullKey, parts) in tries.Values.SelectMany(trie => trie.Collapse()))
        {
            Join(fullKey, parts, unit);
        }

    }

    /// <summary>What still waits for its quorum joins only with the others' witnesses or under a template that is learnt.</summary>
    private void Join(string fullKey, List<Item> parts, int unit)
    {
        // A join before this one may have found the table full, and others had to leave.
        parts.RemoveAll(part => items.Find(part.FullKey) != part);
        if (fullKey.Length > ItemKey.MaxLength || parts.Count == 0)
        {
            return;
        }

        var known = templates.Find(fullKey);
        if (known is null && !hasQuorum(TemplateItem.Together(fullKey, parts)))
        {
            parts.RemoveAll(part => part.State == ItemState.Pending);
            if (parts.Count == 0)
            {
                return;
            }
        }

        parts.Sort((left, right) => string.CompareOrdinal(left.FullKey, right.FullKey));
        var together = TemplateItem.Together(fullKey, parts);
        var names = known?.Names ?? 0;
        var absorbed = known?.Absorbed ?? [];
        foreach (var part in parts)
        {
            if (part.FullKey == fullKey)
            {
                // Its own sightings are in the sum.
            }
            else if (templates.Find(part.FullKey) is { } narrower)
            {
                names += narrower.Names;
                absorbed.AddRange(narrower.Absorbed);
            }
            else
            {
                names++;
                absorbed.Add(new Absorbed(part, unit));
            }

            items.Remove(part);
            templates.Forget(part);
            files.Forget(part);
        }

        items.Add(together, leave);
        files.Count(together);
        templates.Add(together, names).Absorbed.AddRange(absorbed);
    }

    /// <summary>Paths that the scope is known to run, and what of its images was hashed.</summary>
    private HashSet<string> Programs()
    {
        var programs = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in items.All)
        {
            if (item.Kind == ItemKind.Exec)
            {
                // "/usr/bin/python3 /app/job.py": a path may hold a space itself.
                programs.Add(item.Key.ToString());
                var space = item.Key.IndexOf(' ');
                if (space > 0)
                {
                    programs.Add(item.Key[..space].ToString());
                    programs.Add(item.Key[(space + 1)..].ToString());
                }
            }
            else if (item.Kind == ItemKind.Binary && item.Key.IndexOf('|') is var bar and > 0)
            {
                programs.Add(item.Key[..bar].ToString());
            }
        }

        return programs;
    }
}
