namespace Runtime.Collector.Ingest;

/// <summary>What one agent may ask of the collector.</summary>
internal sealed class IngestOptions
{
    public const string Section = "Ingest";

    /// <summary>Largest batch, in bytes of its serialized form; agents are told in Welcome. 64 KiB to 64 MiB; default 4 MiB.</summary>
    public int MaxBatchBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Rows of one table of one batch; what is over it is refused. 100 to 1,000,000; default 20,000.</summary>
    public int MaxBatchRows { get; set; } = 20_000;

    /// <summary>Batches of one agent that are committed and that their scopes have not applied yet; the stream waits when there are as many. 1 to 256; default 8.</summary>
    public int BatchesInFlight { get; set; } = 8;

    /// <summary>Agents at once; the next one is refused until one leaves. 1 to 100,000; default 10,000.</summary>
    public int MaxAgents { get; set; } = 10_000;

    /// <summary>Hashes of images' files that agents share through the collector; the longest unused leave first. 0 (agents hash everything themselves) to 10,000,000; default 100,000.</summary>
    public int SharedHashes { get; set; } = 100_000;

    /// <summary>Nodes that must have read a file alike before the others take its hash unread. 2: a single node that lies deceives none; 1: a cluster reads each file once. 1 or 2; default 2.</summary>
    public int HashWitnesses { get; set; } = 2;

    /// <summary>Every fault, each naming the key, the value and the rule; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        var faults = new List<string>();
        Check(MaxBatchBytes is >= 64 * 1024 and <= 64 * 1024 * 1024, nameof(MaxBatchBytes), MaxBatchBytes, "must be from 65536 to 67108864 bytes");
        Check(MaxBatchRows is >= 100 and <= 1_000_000, nameof(MaxBatchRows), MaxBatchRows, "must be from 100 to 1000000 rows");
        Check(BatchesInFlight is >= 1 and <= 256, nameof(BatchesInFlight), BatchesInFlight, "must be from 1 to 256 batches");
        Check(MaxAgents is >= 1 and <= 100_000, nameof(MaxAgents), MaxAgents, "must be from 1 to 100000 agents");
        Check(SharedHashes is >= 0 and <= 10_000_000, nameof(SharedHashes), SharedHashes, "must be from 0 to 10000000 hashes");
        Check(HashWitnesses is 1 or 2, nameof(HashWitnesses), HashWitnesses, "must be 1 or 2 nodes");
        return faults;

        void Check(bool holds, string key, int value, string rule)
        {
            if (!holds)
            {
                faults.Add($"{Section}__{key} is {value}; it {rule}");
            }
        }
    }
}
