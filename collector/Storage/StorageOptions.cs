namespace Runtime.Collector.Storage;

/// <summary>Where everything is kept, and for how long.</summary>
internal sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>The database file; its folder is made when missing. On a local disk: the write-ahead log needs shared memory.</summary>
    public string Path { get; set; } = "/var/lib/runtime/collector.db";

    /// <summary>How long observations are kept after their scope has learnt from them. 1 hour to 3650 days; default 30 days.</summary>
    public TimeSpan EventRetention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long incidents that are closed or approved are kept, with their deviations and deliveries, ended mutes, and messages of a notifier that was removed. 1 day to 3650 days; default 365 days.</summary>
    public TimeSpan IncidentRetention { get; set; } = TimeSpan.FromDays(365);

    /// <summary>How long a deployment of which nothing was seen any more keeps its baseline, and how long is remembered where something was seen: no event, and no container. It goes later where its events are kept longer. 1 day to 3650 days; default 90 days.</summary>
    public TimeSpan ScopeRetention { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How often old rows are looked for. 1 second to 1 day; default 10 minutes.</summary>
    public TimeSpan RetentionInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Writes that may wait for the one writer; who comes then waits too. 16 to 65,536; default 1024.</summary>
    public int WriteQueueLength { get; set; } = 1024;

    /// <summary>Every fault, each naming the key, the value and the rule; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        Check(global::System.IO.Path.IsPathFullyQualified(Path), nameof(Path), Path, "must be an absolute path of a file");
        Check(EventRetention >= TimeSpan.FromHours(1) && EventRetention <= TimeSpan.FromDays(3650), nameof(EventRetention), EventRetention, "must be from 01:00:00 to 3650.00:00:00");
        Check(IncidentRetention >= TimeSpan.FromDays(1) && IncidentRetention <= TimeSpan.FromDays(3650), nameof(IncidentRetention), IncidentRetention, "must be from 1.00:00:00 to 3650.00:00:00");
        Check(ScopeRetention >= TimeSpan.FromDays(1) && ScopeRetention <= TimeSpan.FromDays(3650), nameof(ScopeRetention), ScopeRetention, "must be from 1.00:00:00 to 3650.00:00:00");
        Check(RetentionInterval >= TimeSpan.FromSeconds(1) && RetentionInterval <= TimeSpan.FromDays(1), nameof(RetentionInterval), RetentionInterval, "must be from 00:00:01 to 1.00:00:00");
        Check(WriteQueueLength is >= 16 and <= 65_536, nameof(WriteQueueLength), WriteQueueLength, "must be from 16 to 65536 writes");
        return faults;

        void Check(bool holds, string key, object value, string rule)
        {
            if (!holds)
            {
                faults.Add($"{Section}__{key} is '{value}'; it {rule}");
            }
        }
    }
}
