using Runtime.Collector.Baselines;

namespace Runtime.Collector.Resources;

/// <summary>The lengths that the rules of resources speak of, in ticks of 100 ns. An hour of the rules is one <see cref="BaselineOptions.Unit"/>.</summary>
/// <remarks>
/// How often a container is read is the agent's setting and does not shrink with the unit. So a slot is what the rules call ten seconds, made of as
/// many samples as fill it, and a sample that is longer is a slot by itself.
/// </remarks>
internal sealed class ResourceTimes(BaselineOptions options)
{
    /// <summary>Slots of a window: two minutes, one verdict.</summary>
    public const int WindowSlots = 12;

    /// <summary>Ten seconds.</summary>
    public long Slot { get; } = options.Unit.Ticks / 360;
    public long Hour { get; } = options.Unit.Ticks;
    public long Day { get; } = options.Day.Ticks;

    /// <summary>What a training learns from, at most; it is frozen then.</summary>
    public long Week { get; } = options.Day.Ticks * 7;

    /// <summary>What a container does while it starts says nothing of what it does later: ten minutes.</summary>
    public long Start { get; } = options.Unit.Ticks / 6;

    /// <summary>A connection that lives longer is a long one: half an hour. Agents tell of connections once a minute, whatever the unit is.</summary>
    public long LongFlow { get; } = Math.Max(options.Unit.Ticks / 2, 2 * TimeSpan.TicksPerMinute);

    /// <summary>A connection that was told of within it goes on.</summary>
    public long FlowGoesOn { get; } = Math.Max(options.Unit.Ticks / 6, 3 * TimeSpan.TicksPerMinute);
}
