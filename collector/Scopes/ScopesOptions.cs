namespace Runtime.Collector.Scopes;

/// <summary>How scopes live in memory.</summary>
internal sealed class ScopesOptions
{
    public const string Section = "Scopes";

    /// <summary>How often a scope that learnt something writes its state. What lies between is read from the log again after a crash. 1 second to 10 minutes; default 30 seconds.</summary>
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often the log is searched for rows that did not reach their scope. 1 second to 10 minutes; default 30 seconds.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a scope without news stays in memory. 2 minutes to 1 day; default 30 minutes.</summary>
    public TimeSpan IdleAge { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Every fault, each naming the key, the value and the rule; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        Check(nameof(CheckpointInterval), CheckpointInterval, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Check(nameof(SweepInterval), SweepInterval, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10));
        Check(nameof(IdleAge), IdleAge, TimeSpan.FromMinutes(2), TimeSpan.FromDays(1));
        return faults;

        void Check(string key, TimeSpan value, TimeSpan least, TimeSpan most)
        {
            if (value < least || value > most)
            {
                faults.Add($"{Section}__{key} is {value}; it must be from {least} to {most}");
            }
        }
    }
}
