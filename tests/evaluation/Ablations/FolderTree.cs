namespace Runtime.Evaluation.Ablations;

/// <summary>Paths; a folder with more names than it may have stands for any name, and so do its folders' folders.</summary>
/// <param name="most">Names in a folder; Kubescape's default is 50, and 100 in /etc.</param>
internal sealed class FolderTree(int most = 50, int mostInSettings = 100)
{
    private readonly Node _root = new();

    /// <returns>True when it was not known before.</returns>
    public bool Learn(string path)
    {
        if (Knows(path))
        {
            return false;
        }

        var node = _root;
        var limit = path.StartsWith("/etc/", StringComparison.Ordinal) ? mostInSettings : most;
        foreach (var name in Names(path))
        {
            if (node.Any is null && node.Children.Count >= limit && !node.Children.ContainsKey(name))
            {
                node.Any = new Node();
                node.Children.Values.ToList().ForEach(node.Any.Take);
                node.Children.Clear();
            }

            if (node.Any is { } any)
            {
                node = any;
                continue;
            }

            if (!node.Children.TryGetValue(name, out var child))
            {
                node.Children.Add(name, child = new Node());
            }

            node = child;
        }

        node.IsEnd = true;
        return true;
    }

    public bool Knows(string path)
    {
        var node = _root;
        foreach (var name in Names(path))
        {
            if ((node.Any ?? node.Children.GetValueOrDefault(name)) is not { } next)
            {
                return false;
            }

            node = next;
        }

        return node.IsEnd;
    }

    private static string[] Names(string path) => path.Split('/', StringSplitOptions.RemoveEmptyEntries);

    private sealed class Node
    {
        public Dictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        /// <summary>In the place of all children; null while they are told apart.</summary>
        public Node? Any { get; set; }

        public bool IsEnd { get; set; }

        /// <summary>Takes in what another knows.</summary>
        public void Take(Node other)
        {
            IsEnd |= other.IsEnd;
            if (other.Any is { } any)
            {
                (Any ??= new Node()).Take(any);
            }

            foreach (var (name, child) in other.Children)
            {
                if (!Children.TryGetValue(name, out var own))
                {
                    Children.Add(name, own = new Node());
                }

                own.Take(child);
            }

            if (Any is not null)
            {
                Children.Values.ToList().ForEach(Any.Take);
                Children.Clear();
            }
        }
    }
}
