using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;

namespace Runtime.Collector.Generalisation;

/// <summary>The paths that one program writes by one operation; names of one shape in a folder become one. Lives for one pass.</summary>
/// <param name="head">As <see cref="WriteKey.Head"/>.</param>
/// <param name="mayCollapse">Of a folder, as the head and the path with '/' at its end.</param>
/// <param name="evicted">What else was seen in a folder.</param>
/// <param name="day">Ticks of 24 units.</param>
internal sealed class PathTrie(string head, CollapseRule rule, Func<Item, bool> hasQuorum, Func<string, bool> mayCollapse, EvictedFolders evicted, long day)
{
    /// <summary>Shapes that a folder must have before names of no common shape become "any".</summary>
    private const int ShapesBeforeAny = 3;

    private readonly PathNode _root = new("");

    public void Add(ReadOnlySpan<char> path, Item item)
    {
        var node = _root;
        foreach (var range in path[1..].Split('/'))
        {
            node = node.Child(path[1..][range].ToString());
        }

        node.Items.Add(item);
    }

    /// <summary>Full keys with the items that they stand for from now on, where that is not the one item of this key.</summary>
    public List<(string FullKey, List<Item> Items)> Collapse()
    {
        Collapse(_root, "/", 1);
        var changed = new List<(string, List<Item>)>();
        Collect(_root, head, changed);
        return changed;
    }

    private void Collapse(PathNode node, string folder, int depth)
    {
        if (mayCollapse(head + folder))
        {
            Fold(node);
            foreach (var group in ShapeGroups.Of(node.Literals, rule.Least))
            {
                TryCollapse(node, group, folder, depth);
            }

            Fold(node);
            if (Places.IsData(folder))
            {
                foreach (var group in ShapeGroups.OfAnyShape(node.Literals, rule.Least).Where(group => node.Shapes(group.Segment) >= ShapesBeforeAny))
                {
                    TryCollapse(node, group, folder, depth);
                }
            }
        }

        foreach (var child in node.Children.Values)
        {
            if (child.Children.Count > 0)
            {
                Collapse(child, folder + child.Segment + "/", depth + 1);
            }
        }
    }

    private void TryCollapse(PathNode node, ShapeGroup group, string folder, int depth)
    {
        var members = group.Names.Select(name => node.Children[name]).ToList();
        var names = members.Select(member => TemplateItem.Together("", member.AllItems)).ToList();
        var together = TemplateItem.Together("", evicted.Find(head + folder) is { } gone ? names.Append(gone) : names);
        if (rule.Holds(group, folder, depth, names, together, day, hasQuorum))
        {
            evicted.Forget(head + folder);
            foreach (var member in members)
            {
                node.Move(member, group.Segment);
            }
        }
    }

    /// <summary>Names that a template of the folder covers join it.</summary>
    private static void Fold(PathNode node)
    {
        var templates = node.Templates.ToList();
        if (templates.Count == 0)
        {
            return;
        }

        foreach (var name in node.Literals.ToList())
        {
            if (templates.Find(template => NameShape.Matches(template, name)) is { } template)
            {
                node.Move(node.Children[name], template);
            }
        }
    }

    private static void Collect(PathNode node, string path, List<(string, List<Item>)> changed)
    {
        if (node.Items.Count > 0)
        {
            var fullKey = path + WriteKey.Tail;
            if (node.Items.Exists(item => item.FullKey != fullKey))
            {
                changed.Add((fullKey, node.Items));
            }
        }

        foreach (var child in node.Children.Values)
        {
            Collect(child, path + "/" + child.Segment, changed);
        }
    }
}

/// <summary>A segment of paths. In the order of their names, so that one set of items gives one result.</summary>
internal sealed class PathNode(string segment)
{
    public string Segment { get; } = segment;
    public SortedDictionary<string, PathNode> Children { get; } = new(StringComparer.Ordinal);

    /// <summary>Whose path ends here: one item, and after a collapse all that became one.</summary>
    public List<Item> Items { get; } = [];

    public IEnumerable<string> Literals => Children.Keys.Where(name => name.Length > 0 && !NameShape.IsTemplate(name));

    /// <summary>Those of a shape before those of any.</summary>
    public IEnumerable<string> Templates => Children.Keys.Where(name => NameShape.IsTemplate(name)).OrderBy(name => name.StartsWith(NameShape.Any, StringComparison.Ordinal));

    public IEnumerable<Item> AllItems => Items.Concat(Children.Values.SelectMany(child => child.AllItems));

    /// <summary>Templates with the extension of this one.</summary>
    public int Shapes(string template)
    {
        var extension = template.AsSpan(NameShape.Any.Length);
        var count = 0;
        foreach (var name in Templates)
        {
            count += NameShape.Extension(name).SequenceEqual(extension) ? 1 : 0;
        }

        return count;
    }

    public PathNode Child(string name)
    {
        if (!Children.TryGetValue(name, out var child))
        {
            Children.Add(name, child = new PathNode(name));
        }

        return child;
    }

    /// <summary>A child and all below it go to the child of another name.</summary>
    public void Move(PathNode child, string name)
    {
        Children.Remove(child.Segment);
        Child(name).Take(child);
    }

    private void Take(PathNode other)
    {
        Items.AddRange(other.Items);
        foreach (var child in other.Children.Values)
        {
            Child(child.Segment).Take(child);
        }
    }
}
