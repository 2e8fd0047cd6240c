using Runtime.Collector.Generalisation;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Baselines;

/// <summary>Names without end, as one item.</summary>
internal sealed partial class Baseline
{
    private const int Examples = 3;

    public TemplateTable Templates { get; } = new();

    /// <summary>The template that knows this write; null when none does. No allocation.</summary>
    /// <param name="fullKey">Of the write; no item has it.</param>
    public Item? FindTemplate(FileObservation file, ReadOnlySpan<char> fullKey) =>
        Templates.Match(fullKey) is { } item && Protection.Admits(file) ? item : null;

    /// <summary>
    /// An item by its key; one that a template took in comes out of it again, for what belongs to an alert must not be known by its looks. With
    /// the last of its names a template goes.
    /// </summary>
    public Item? FindOrTakeOut(string fullKey)
    {
        if (Items.Find(fullKey) is { } item)
        {
            return item;
        }

        if (Templates.TakeOut(fullKey) is not var (absorbed, template))
        {
            return null;
        }

        if (template.Names == 0)
        {
            Leave(template.Item);
            Items.Remove(template.Item);
        }

        Return(absorbed);
        return absorbed;
    }

    /// <summary>Undoes a template: what it took in lately are items again, and names of its folder stay apart from now on.</summary>
    /// <returns>Null when there is no such template.</returns>
    public ExpandedView? Expand(string fullKey)
    {
        if (Templates.Find(fullKey) is not { } template)
        {
            return null;
        }

        Templates.KeepApart(template.Folder);
        Leave(template.Item);
        Items.Remove(template.Item);
        foreach (var absorbed in template.Absorbed)
        {
            Return(absorbed.Item);
        }

        return new ExpandedView(
            scope.Id, fullKey[1..], [.. template.Absorbed.Select(absorbed => ViewOf(absorbed.Item))], template.Names - template.Absorbed.Count);
    }

    /// <summary>
    /// Looks for names to generalise once in every unit that brought something new. By the time of what is observed and never by the clock: a
    /// log that is read again gives the same templates.
    /// </summary>
    private void Generalise(long now)
    {
        var unit = UnitOf(now);
        if (unit > Templates.Through)
        {
            Generalise(now, unit);
        }
    }

    private void Generalise(long now, int unit)
    {
        var files = Group(KindGroup.File);
        var generaliser = new Generaliser(Items, files, Templates, item => HasQuorum(item, now), Evict, options.Day.Ticks);
        if (files.LastNewUnit >= Templates.Through)
        {
            generaliser.Pass(CollapseRule.Usual, unit, static _ => true);
        }

        if (files.State == BaselineState.Unstable && !Templates.Relaxed)
        {
            Templates.Relaxed = true;
            var worst = ChurningPrefixes(KindGroup.File).Select(churning => (char)ItemKind.FileWrite + churning.Prefix).ToList();
            generaliser.Pass(CollapseRule.Relaxed, unit, folder => worst.Exists(prefix => prefix.StartsWith(folder, StringComparison.Ordinal)));
        }

        if (unit / BaselineOptions.UnitsPerDay > Templates.Through / BaselineOptions.UnitsPerDay)
        {
            Age(unit);
            Items.Trim();
        }

        Templates.Through = unit;
        Templates.Trim(unit);
        files.Evaluate(Starts, IsJob, options);
    }

    /// <summary>Items of a program from before templates: which of those that wait were remarkable is not known, so all were.</summary>
    public void StartTemplates()
    {
        foreach (var item in Items.All)
        {
            item.IsRemarkable |= item.State == ItemState.Pending;
        }
    }

    private void Return(Item item)
    {
        // A person may have approved the name meanwhile.
        if (Items.Find(item.FullKey) is null)
        {
            Items.Add(item, Evict);
            Group(item.Group).Count(item);
        }
    }

    /// <summary>An item that had to leave for want of room.</summary>
    private void Evict(Item item)
    {
        Leave(item);
        Templates.Evicted.Note(item);
    }

    private void Leave(Item item)
    {
        Group(item.Group).Forget(item);
        Templates.Forget(item);
    }

    /// <summary>The parts of paths that vary: "alice/photo.jpg".</summary>
    private static List<string> ExamplesOf(Template template) =>
        [.. template.Absorbed.OrderByDescending(absorbed => absorbed.Item.LastSeen).ThenBy(absorbed => absorbed.Item.FullKey, StringComparer.Ordinal)
            .Take(Examples).Select(absorbed => absorbed.Item.FullKey[template.Folder.Length..^WriteKey.Tail.Length])];
}
