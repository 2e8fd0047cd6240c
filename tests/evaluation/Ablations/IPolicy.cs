namespace Runtime.Evaluation.Ablations;

/// <summary>A way to learn and to alert, tried on what was recorded.</summary>
internal interface IPolicy
{
    string Name { get; }

    /// <summary>What it makes of each counted deployment.</summary>
    IReadOnlyList<Trial> Try(RecordedStream stream);
}

/// <summary>What a policy makes of one deployment. Times are in units, from the deployment's first sight on.</summary>
internal sealed record Trial(string Deployment)
{
    /// <summary>Null when it never locks.</summary>
    public double? UnitsToLock { get; init; }

    /// <summary>Watched while locked.</summary>
    public double UnitsAfter { get; init; }

    /// <summary>Before the lock, and after it: each message that people would get.</summary>
    public int PagesBefore { get; init; }
    public int Pages { get; init; }

    /// <summary>Units after the lock that hold a page: what a product with one incident for all that comes together would tell at the least.</summary>
    public int UnitsWithPages { get; init; }

    /// <summary>Of <see cref="Pages"/>, for people.</summary>
    public IReadOnlyList<string> Titles { get; init; } = [];

    /// <summary>Lines of the daily digests since the lock, and the rest: null where a policy knows no such thing.</summary>
    public int? DigestLines { get; init; }

    /// <summary>New items that were expected for each day from the third on, and those that came; days in which an image came that was not there before are left out.</summary>
    public double? PredictedNew { get; init; }
    public int? ActualNew { get; init; }

    /// <summary>The same of the days in which an image came.</summary>
    public double? PredictedNewAtRollouts { get; init; }
    public int? ActualNewAtRollouts { get; init; }

    /// <summary>Those that came, each with its day: "5 file_write /usr/sbin/nginx|create|/var/log/x|other".</summary>
    public IReadOnlyList<string> NewItems { get; init; } = [];

    /// <summary>What is missing for the lock at the end; empty when nothing is.</summary>
    public string WaitsFor { get; init; } = "";

    /// <summary>Images that came with another digest.</summary>
    public int? Rollouts { get; init; }

    /// <summary>Items that these left for review, and pages in the day behind each.</summary>
    public int? Reviews { get; init; }
    public int? RolloutPages { get; init; }

    /// <summary>Ids of incidents that people were told of.</summary>
    public IReadOnlyCollection<string> Paged { get; init; } = [];
}
