using System.ComponentModel.DataAnnotations;

namespace Runtime.Collector.Security.Limits;

/// <summary>How much one caller may ask through the TCP door, whatever addresses and connections he has. The socket of this machine and what agents hand in are not limited.</summary>
internal sealed class LimitOptions
{
    /// <summary>Requests a minute of one caller, on the average. One that follows events is one.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerMinute { get; set; } = 1200;

    /// <summary>Requests at once after a pause.</summary>
    [Range(1, 100_000)]
    public int Burst { get; set; } = 200;
}
