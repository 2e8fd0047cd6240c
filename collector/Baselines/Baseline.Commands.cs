namespace Runtime.Collector.Baselines;

/// <summary>Commands that the container runtime is asked to run: probes and hooks, which are learnt, apart from sessions, which never are.</summary>
internal sealed partial class Baseline
{
    private const int DaysOfACommand = 7;

    public RuntimeCommands Commands { get; } = new();

    /// <summary>Counts a sighting of a command, which makes it an item of the baseline when it is the deployment's own by now.</summary>
    /// <remarks>
    /// What was not seen for a week is forgotten: nobody configures it any more, and whoever runs it is a person. It is no novelty of the group: a probe is not
    /// told of, and neither pushes a threshold nor a lock.
    /// </remarks>
    public void SeeCommand(ReadOnlySpan<char> fullKey, Replica replica, in Sight sight)
    {
        var item = Items.Find(fullKey);
        if (item is { State: ItemState.Learned } && sight.First - item.LastSeen > DaysOfACommand * options.Day.Ticks)
        {
            Leave(item);
            Items.Remove(item);
            item = null;
        }

        if (item is null && Commands.See(fullKey, replica, sight, Replicas, options))
        {
            item = new Item(ItemKind.Command, fullKey.ToString()) { State = ItemState.Learned, FirstSeen = sight.Last, LastSeen = sight.Last };
            Items.Add(item, Evict);
            Group(item.Group).Count(item);
        }

        if (item is not null)
        {
            Touch(item, sight with { First = Math.Max(sight.First, item.FirstSeen) });

            // Doubted after a break-in (see Doubt): it waits like every other item.
            item.State = item.State == ItemState.Pending && HasQuorum(item, sight.Last) ? ItemState.Learned : item.State;
        }
    }

    /// <summary>Recognised so lately that what it does is still to be learnt.</summary>
    public bool IsNewCommand(Item command, long now) => now - command.FirstSeen <= options.GrowthCap.Ticks;
}
