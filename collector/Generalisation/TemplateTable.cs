using System.Collections;
using Runtime.Collector.Baselines;

namespace Runtime.Collector.Generalisation;

/// <summary>An item that became part of a template.</summary>
/// <param name="Unit">When it did.</param>
internal readonly record struct Absorbed(Item Item, int Unit);

/// <summary>An item whose names follow a shape.</summary>
internal sealed class Template(Item item, long names)
{
    public Item Item { get; } = item;

    /// <summary>Names that it took in since it began; those that it only matched later are not told apart.</summary>
    public long Names { get; set; } = names;

    /// <summary>What it took in lately. Bounded by <see cref="TemplateTable.MaxAbsorbed"/> and by age.</summary>
    public List<Absorbed> Absorbed { get; } = [];

    /// <summary>The full key up to the first segment with a shape.</summary>
    public string Folder { get; } = FolderOf(item.FullKey);

    /// <summary>Segments from there on, without the tail.</summary>
    public string Shapes { get; } = item.FullKey[FolderOf(item.FullKey).Length..^WriteKey.Tail.Length];

    public static string FolderOf(string fullKey) => fullKey[..(fullKey.LastIndexOf('/', fullKey.IndexOf("%{", StringComparison.Ordinal)) + 1)];

    public bool Matches(ReadOnlySpan<char> rest)
    {
        var shapes = Shapes.AsSpan();
        while (true)
        {
            int shapeEnd = shapes.IndexOf('/'), end = rest.IndexOf('/');
            if (shapeEnd < 0 || end < 0)
            {
                return shapeEnd == end && NameShape.Matches(shapes, rest);
            }

            if (!NameShape.Matches(shapes[..shapeEnd], rest[..end]))
            {
                return false;
            }

            shapes = shapes[(shapeEnd + 1)..];
            rest = rest[(end + 1)..];
        }
    }
}

/// <summary>The templates of a scope, what they stand for, and the folders that a person wants apart. Not thread-safe.</summary>
internal sealed class TemplateTable
{
    /// <summary>Absorbed items kept for display and undo; their age counts before.</summary>
    public const int MaxAbsorbed = 4096;

    /// <summary>Characters of their keys; holds a saved scope below its cap.</summary>
    public const int MaxAbsorbedText = 200_000;

    /// <summary>Units: 14 days.</summary>
    public const int KeptUnits = 14 * BaselineOptions.UnitsPerDay;

    /// <summary>Who expands so many folders of one deployment wants none of it: from then on nothing is generalised there.</summary>
    public const int MaxApart = 256;

    /// <summary>By <see cref="Template.Folder"/>, those of a shape before those of any. Bounded by the scope's items: each is one.</summary>
    private readonly Dictionary<string, List<Template>> _byFolder = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Template>>.AlternateLookup<ReadOnlySpan<char>> _byText;

    /// <summary>Lengths that its keys have: most of a path's folders need no search.</summary>
    private readonly BitArray _lengths = new(ItemKey.MaxLength + 1);

    /// <summary>Folders that a person expanded. At most <see cref="MaxApart"/>.</summary>
    private readonly SortedSet<string> _apart = new(StringComparer.Ordinal);

    public TemplateTable() => _byText = _byFolder.GetAlternateLookup<ReadOnlySpan<char>>();

    public EvictedFolders Evicted { get; } = new();

    /// <summary>The unit up to which the scope was generalised.</summary>
    public int Through { get; set; }

    /// <summary>The one relaxed pass of a group that does not settle was made.</summary>
    public bool Relaxed { get; set; }

    /// <summary>In no order that means anything.</summary>
    public IEnumerable<Template> All => _byFolder.Values.SelectMany(templates => templates);

    /// <summary>The template that stands for a name; null when none does. No allocation.</summary>
    public Item? Match(ReadOnlySpan<char> fullKey)
    {
        if (_byFolder.Count == 0 || !WriteKey.TrySplit(fullKey, out var key))
        {
            return null;
        }

        // The longest folder first: who is nearer knows better.
        var end = key.Head.Length + key.Path.Length;
        for (var slash = end; (slash = fullKey[..slash].LastIndexOf('/')) >= key.Head.Length;)
        {
            if (_lengths[slash + 1] && _byText.TryGetValue(fullKey[..(slash + 1)], out var templates))
            {
                foreach (var template in templates)
                {
                    if (template.Matches(fullKey[(slash + 1)..end]))
                    {
                        return template.Item;
                    }
                }
            }
        }

        return null;
    }

    public Template? Find(string fullKey) => NameShape.IsTemplate(fullKey) && _byFolder.TryGetValue(Template.FolderOf(fullKey), out var templates)
        ? templates.Find(template => template.Item.FullKey == fullKey)
        : null;

    public Template Add(Item item, long names = 0)
    {
        var template = new Template(item, names);
        if (!_byFolder.TryGetValue(template.Folder, out var templates))
        {
            _byFolder.Add(template.Folder, templates = []);
            _lengths[template.Folder.Length] = true;
        }

        templates.Add(template);
        templates.Sort((left, right) =>
            (left.Shapes.StartsWith(NameShape.Any, StringComparison.Ordinal), left.Shapes).CompareTo((right.Shapes.StartsWith(NameShape.Any, StringComparison.Ordinal), right.Shapes)));
        return template;
    }

    /// <summary>An item that left; any item.</summary>
    public void Forget(Item item)
    {
        if (Find(item.FullKey) is { } template)
        {
            var templates = _byFolder[template.Folder];
            templates.Remove(template);
            if (templates.Count == 0)
            {
                _byFolder.Remove(template.Folder);
                _lengths[template.Folder.Length] = _byFolder.Keys.Any(folder => folder.Length == template.Folder.Length);
            }
        }
    }

    /// <summary>Names in this folder are generalised no more.</summary>
    public void KeepApart(string folder)
    {
        if (_apart.Count < MaxApart)
        {
            _apart.Add(folder);
        }
    }

    public bool IsApart(string folder) => _apart.Count >= MaxApart || _apart.Contains(folder);

    /// <summary>Takes an absorbed item out of its template.</summary>
    /// <returns>Null when no template holds it.</returns>
    public (Item Item, Template Template)? TakeOut(string fullKey)
    {
        foreach (var template in All)
        {
            var at = template.Absorbed.FindIndex(absorbed => absorbed.Item.FullKey == fullKey);
            if (at >= 0)
            {
                var item = template.Absorbed[at].Item;
                template.Absorbed.RemoveAt(at);
                template.Names--;
                return (item, template);
            }
        }

        return null;
    }

    /// <summary>A unit that counts for nothing is taken from the absorbed too: they may come back.</summary>
    public void Uncover(IReadOnlySet<int> units)
    {
        foreach (var absorbed in All.SelectMany(template => template.Absorbed))
        {
            absorbed.Item.Units.Remove(units);
        }

        Evicted.Uncover(units);
    }

    /// <summary>Forgets the absorbed that are too old or, oldest first, too many.</summary>
    public void Trim(int unit)
    {
        var kept = new List<(Absorbed Absorbed, Template Template)>();
        foreach (var template in All)
        {
            template.Absorbed.RemoveAll(absorbed => absorbed.Unit + KeptUnits <= unit);
            kept.AddRange(template.Absorbed.Select(absorbed => (absorbed, template)));
        }

        var text = kept.Sum(entry => entry.Absorbed.Item.FullKey.Length);
        if (kept.Count <= MaxAbsorbed && text <= MaxAbsorbedText)
        {
            return;
        }

        var count = kept.Count;
        var leave = new HashSet<Item>();
        foreach (var (absorbed, _) in kept
            .OrderBy(entry => entry.Absorbed.Unit).ThenBy(entry => entry.Absorbed.Item.LastSeen).ThenBy(entry => entry.Absorbed.Item.FullKey, StringComparer.Ordinal))
        {
            if (count <= MaxAbsorbed && text <= MaxAbsorbedText)
            {
                break;
            }

            leave.Add(absorbed.Item);
            count--;
            text -= absorbed.Item.FullKey.Length;
        }

        foreach (var template in All)
        {
            template.Absorbed.RemoveAll(absorbed => leave.Contains(absorbed.Item));
        }
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(Through);
        writer.Write(Relaxed);
        Evicted.Write(writer);
        writer.Write(_apart.Count);
        foreach (var folder in _apart)
        {
            writer.Write(folder);
        }

        var templates = All.OrderBy(template => template.Item.FullKey, StringComparer.Ordinal).ToList();
        writer.Write(templates.Count);
        foreach (var template in templates)
        {
            writer.Write(template.Item.FullKey);
            writer.Write(template.Names);
            writer.Write(template.Absorbed.Count);
            foreach (var absorbed in template.Absorbed.OrderBy(absorbed => absorbed.Item.FullKey, StringComparer.Ordinal))
            {
                writer.Write(absorbed.Unit);
                ItemWriter.Write(writer, absorbed.Item);
            }
        }
    }

    /// <param name="items">Already read: every template is one of them.</param>
    /// <exception cref="FormatException">More than are ever kept, or a template that is no item.</exception>
    public void Read(BinaryReader reader, ItemTable items)
    {
        Through = reader.ReadInt32();
        Relaxed = reader.ReadBoolean();
        Evicted.Read(reader);
        for (var left = Bounded(reader.ReadInt32(), MaxApart, "folders kept apart"); left > 0; left--)
        {
            _apart.Add(reader.ReadString());
        }

        var absorbedLeft = MaxAbsorbed;
        for (var left = Bounded(reader.ReadInt32(), items.Count, "templates"); left > 0; left--)
        {
            var fullKey = reader.ReadString();
            var item = items.Find(fullKey);
            if (item is null || !WriteKey.TrySplit(fullKey, out _) || !NameShape.IsTemplate(fullKey))
            {
                throw new FormatException($"{fullKey} is no template among the items");
            }

            var template = Add(item, reader.ReadInt64());
            var count = Bounded(reader.ReadInt32(), absorbedLeft, "absorbed items");
            absorbedLeft -= count;
            for (var i = 0; i < count; i++)
            {
                var unit = reader.ReadInt32();
                template.Absorbed.Add(new Absorbed(ItemWriter.Read(reader, i, count), unit));
            }
        }
    }

    private static int Bounded(int count, int most, string what) =>
        count >= 0 && count <= most ? count : throw new FormatException($"{count} {what}; at most {most} are kept");
}
