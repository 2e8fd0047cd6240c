using System.Text;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Storage;
using Runtime.V1;

namespace Runtime.Collector.Inventory;

/// <summary>Agents of one cluster tell each other, through the collector, what they read of images' files. Any thread.</summary>
internal sealed partial class HashSharing(HashStore store, IngestOptions options, IngestMeter meter, TimeProvider time, ILogger<HashSharing> logger)
{
    // As ingest.proto has it.
    private const int MaxTogether = 256, MaxPathBytes = 4096, Sha256Bytes = 32;

    /// <returns>An answer to each question that keeps the wire's rules; of the others the agent reads the files itself.</returns>
    public async Task<HashAnswers> TakeAsync(AgentIdentity agent, FileHashes message, CancellationToken cancellationToken)
    {
        var answers = new HashAnswers();
        if (options.SharedHashes == 0 || message.Files.Count > MaxTogether)
        {
            Count(meter.HashReports, message.Files.Count, "refused");
            return answers;
        }

        var sound = message.Files.Where(IsSound).ToArray();
        Count(meter.HashReports, message.Files.Count - sound.Length, "refused");
        var reports = sound.Where(file => file.Question == 0).Select(file => (FileOf(file), file.Sha256.ToByteArray())).ToArray();
        var questions = sound.Where(file => file.Question != 0).ToArray();
        try
        {
            if (reports.Length > 0)
            {
                await ReportAsync(agent, reports, cancellationToken);
            }

            if (questions.Length > 0)
            {
                var found = await store.FindAsync(agent.Cluster, [.. questions.Select(FileOf)], time.GetUtcNow(), cancellationToken);
                answers.Answers.AddRange(questions.Zip(found, ToAnswer));
                Count(meter.HashQuestions, found.Count(hash => hash is not null), "known");
                Count(meter.HashQuestions, found.Count(hash => hash is null), "unknown");
            }
        }
        catch (StoreUnavailableException failure)
        {
            // Batches meet the same store and are sent again; a hash is read again.
            Log.NotKept(logger, agent.AgentId, failure.Message);
        }

        return answers;
    }

    private async Task ReportAsync(AgentIdentity agent, (ImageFile File, byte[] Sha256)[] reports, CancellationToken cancellationToken)
    {
        var outcomes = await store.ReportAsync(agent.Cluster, agent.Node, reports, time.GetUtcNow(), cancellationToken);
        foreach (var outcome in outcomes.GroupBy(outcome => outcome))
        {
            Count(meter.HashReports, outcome.Count(), outcome.Key.ToString());
        }

        foreach (var ((file, sha256), _) in reports.Zip(outcomes).Where(pair => pair.Second == HashOutcome.Disagreed))
        {
            Log.Disagreed(logger, agent.Node, DisplayText.Path(Encoding.UTF8.GetString(file.Path)), file.ImageDigest, Convert.ToHexStringLower(sha256));
        }
    }

    private static bool IsSound(V1.FileHash file) =>
        ImageDigest().IsMatch(file.ImageDigest)
        && file.Path.Length is > 0 and <= MaxPathBytes && file.Path[0] == (byte)'/' && !file.Path.Contains((byte)0)
        && file.Size <= long.MaxValue
        && file.Sha256.Length == (file.Question == 0 ? Sha256Bytes : 0);

    private static ImageFile FileOf(V1.FileHash file) => new(file.ImageDigest, file.Path.ToByteArray(), file.Size, file.ModifiedUnixNs);

    private HashAnswer ToAnswer(V1.FileHash question, FileHash? hash) => hash is null
        ? new() { Question = question.Question }
        : new() { Question = question.Question, Sha256 = ByteString.CopyFrom(hash.Sha256), Confirmed = hash.IsConfirmed || options.HashWitnesses == 1 };

    private static void Count(global::System.Diagnostics.Metrics.Counter<long> counter, int count, string outcome)
    {
        if (count > 0)
        {
            counter.Add(count, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }

    [GeneratedRegex("^sha256:[0-9a-f]{64}$", RegexOptions.NonBacktracking)]
    private static partial Regex ImageDigest();

    private static partial class Log
    {
        [LoggerMessage(3131, LogLevel.Warning, "Node {Node} read other bytes of {Path} in the image {Image} than a node before it ({Sha256}): one of them has another file, or lies. Each node reads it itself from now on.")]
        public static partial void Disagreed(ILogger logger, string node, string path, string image, string sha256);

        [LoggerMessage(3130, LogLevel.Warning, "Hashes that agent {AgentId} shares were not kept or not found: {Reason}. Its next reading tells them again.")]
        public static partial void NotKept(ILogger logger, string agentId, string reason);
    }
}
