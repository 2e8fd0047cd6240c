using System.Diagnostics.Metrics;

namespace Runtime.Collector.Ingest;

/// <summary>What ingest counts. Any thread.</summary>
internal sealed class IngestMeter(IMeterFactory meters)
{
    private readonly Meter _meter = meters.Create("Runtime.Collector");

    public Counter<long> Batches => field ??= _meter.CreateCounter<long>("collector.ingest.batches", "{batch}", "Batches that were committed.");
    public Counter<long> Observations => field ??= _meter.CreateCounter<long>("collector.ingest.observations", "{row}", "Observations that were committed.");
    public Counter<long> Duplicates => field ??= _meter.CreateCounter<long>("collector.ingest.duplicates", "{batch}", "Batches that were there already and were acknowledged again.");
    public Counter<long> Refused => field ??= _meter.CreateCounter<long>("collector.ingest.refused", "{row}", "Rows that broke a rule of the wire.");
    public Counter<long> Superseded => field ??= _meter.CreateCounter<long>("collector.ingest.superseded", "{stream}", "Streams that a newer one of the same agent ended.");
    public Counter<long> Streams => field ??= _meter.CreateCounter<long>("collector.ingest.streams", "{stream}", "Streams that ended, by reason.");
    public Counter<long> HashQuestions => field ??= _meter.CreateCounter<long>("collector.hashes.questions", "{file}", "Files of images whose hash an agent asked for, by whether it was known.");
    public Counter<long> HashReports => field ??= _meter.CreateCounter<long>("collector.hashes.reports", "{file}", "Hashes of images' files that agents told, by outcome.");
    public Histogram<double> CommitSeconds => field ??= _meter.CreateHistogram<double>("collector.ingest.commit", "s", "From a batch's receipt to its commit.");
}
