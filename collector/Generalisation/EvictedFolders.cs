using Runtime.Collector.Baselines;

namespace Runtime.Collector.Generalisation;

/// <summary>
/// What is left of writes that had to leave a full table: for each folder when and where its names were seen. A flood of names would else push
/// out the hours that speak for generalising it. Not thread-safe.
/// </summary>
internal sealed class EvictedFolders
{
    public const int Most = 64;

    /// <summary>By the full key up to the last '/'. At most <see cref="Most"/>; later folders are not noted.</summary>
    private readonly SortedDictionary<string, Item> _folders = new(StringComparer.Ordinal);

    public void Note(Item item)
    {
        if (item.Tainted || item.IsRemarkable || !WriteKey.TrySplit(item.FullKey, out _))
        {
            return;
        }

        var folder = item.FullKey[..(item.FullKey.LastIndexOf('/') + 1)];
        if (_folders.TryGetValue(folder, out var before))
        {
            _folders[folder] = TemplateItem.Together(folder, [before, item]);
        }
        else if (_folders.Count < Most)
        {
            _folders.Add(folder, TemplateItem.Together(folder, [item]));
        }
    }

    /// <summary>The evicted items of a folder as one; null when there are none.</summary>
    public Item? Find(string folder) => _folders.GetValueOrDefault(folder);

    public void Forget(string folder) => _folders.Remove(folder);

    public void Uncover(IReadOnlySet<int> units)
    {
        foreach (var folder in _folders.Values)
        {
            folder.Units.Remove(units);
        }
    }

    public void Write(BinaryWriter writer)
    {
        writer.Write(_folders.Count);
        foreach (var folder in _folders.Values)
        {
            ItemWriter.Write(writer, folder);
        }
    }

    /// <exception cref="FormatException">More than are ever kept.</exception>
    public void Read(BinaryReader reader)
    {
        var count = reader.ReadInt32();
        if (count is < 0 or > Most)
        {
            throw new FormatException($"{count} folders of evicted items; at most {Most} are kept");
        }

        for (var i = 0; i < count; i++)
        {
            var folder = ItemWriter.Read(reader, i, count);
            _folders[folder.FullKey] = folder;
        }
    }
}
