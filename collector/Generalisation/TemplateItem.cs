using Runtime.Collector.Baselines;

namespace Runtime.Collector.Generalisation;

/// <summary>Several items as one: seen whenever one of them was.</summary>
internal static class TemplateItem
{
    /// <summary>Up to three units, starts and days are exact, as in every item; <see cref="Item.DayCount"/> errs low.</summary>
    /// <param name="items">Writes; at least one. A template among them brings its own sightings.</param>
    public static Item Together(string fullKey, IEnumerable<Item> items)
    {
        var together = new Item(ItemKind.FileWrite, fullKey) { State = ItemState.Learned, FirstSeen = long.MaxValue };
        foreach (var item in items)
        {
            together.FirstSeen = Math.Min(together.FirstSeen, item.FirstSeen);
            together.LastSeen = Math.Max(together.LastSeen, item.LastSeen);
            together.Count += item.Count;
            together.Units.Add(item.Units);
            together.Starts.Add(item.Starts);
            together.Days.Add(item.Days);
            together.DayCount = Math.Max(together.DayCount, item.DayCount);
            together.LastDay = Math.Max(together.LastDay, item.LastDay);
        }

        together.DayCount = Math.Max(together.DayCount, together.Days.Count);
        return together;
    }
}
