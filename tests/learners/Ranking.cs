using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers.FastTree;

namespace Runtime.Learners;

/// <summary>Whether FastTree, taught by decisions on incidents, orders what a digest would hold better than its evidence does.</summary>
internal static class Ranking
{
    private const int First = 20;
    private const int Draws = 500;

    private delegate double Order((Decided Incident, double Probability) scored);

    public static void Run(IReadOnlyList<Decided> all)
    {
        Console.WriteLine($"{all.Count(one => one.IsWhole)} incidents and {all.Count(one => !one.IsWhole)} parts; {Sources(all, isAttack: true)} scenarios of attacks");

        // Where attacks run on one workload and what is harmless comes from others, to know the workload is enough. So one comparison is within workloads that have both.
        var both = all.GroupBy(one => one.Workload).Where(workload => Sources(workload, isAttack: true) >= First && Sources(workload, isAttack: false) >= First).SelectMany(workload => workload).ToList();
        foreach (var isWhole in (bool[])[true, false])
        {
            var what = isWhole ? "whole incidents" : "parts of incidents";
            Report($"{what}, taught by other workloads", Score(all, Tested(all, isWhole), one => one.Workload));
            Report($"{what}, taught by other scenarios", Score(all, Tested(all, isWhole), one => Fold(one.Source)));
            Report($"{what} of the workloads {string.Join(", ", both.Select(one => one.Workload).Distinct())} alone, taught by other scenarios", Score(both, Tested(both, isWhole), one => Fold(one.Source)));
        }
    }

    private static List<Decided> Tested(IReadOnlyList<Decided> all, bool isWhole) => [.. all.Where(one => one.IsForDigest && one.IsWhole == isWhole)];

    private static int Sources(IEnumerable<Decided> all, bool isAttack) => all.Where(one => one.IsAttack == isAttack).Select(one => one.Source).Distinct().Count();

    // A string's own hash differs from process to process.
    private static string Fold(string source) => (source.Aggregate(17, (hash, letter) => unchecked(hash * 31 + letter)) & 7).ToString(CultureInfo.InvariantCulture);

    /// <summary>Each by a model that saw nothing of its group. It is taught by everything that was decided on, paged or not.</summary>
    private static List<(Decided, double)> Score(IReadOnlyList<Decided> all, List<Decided> tested, Func<Decided, string> groupOf)
    {
        var context = new MLContext(1);
        var scored = new List<(Decided, double)>();
        foreach (var group in tested.GroupBy(groupOf))
        {
            var taught = all.Where(one => groupOf(one) != group.Key).ToList();
            if (taught.Count(one => one.IsAttack) < First || taught.Count(one => !one.IsAttack) < First)
            {
                Console.WriteLine($"  {group.Key} left out: too little to learn from without it");
                continue;
            }

            // An incident of a hundred parts is one decision.
            var parts = taught.GroupBy(one => one.Source).ToDictionary(source => source.Key, source => source.Count());
            var data = context.Data.LoadFromEnumerable(taught.Select(one => new Row { Label = one.IsAttack, Features = one.Features, Weight = 1f / parts[one.Source] }));
            var trainer = context.BinaryClassification.Trainers.FastTree(new FastTreeBinaryTrainer.Options
            {
                NumberOfLeaves = 8, NumberOfTrees = 60, MinimumExampleCountPerLeaf = 5, LearningRate = 0.1, ExampleWeightColumnName = nameof(Row.Weight), NumberOfThreads = 1, Seed = 1,
            });
            using var engine = context.Model.CreatePredictionEngine<Row, Answer>(trainer.Fit(data));
            scored.AddRange(group.Select(one => (one, (double)engine.Predict(new Row { Features = one.Features }).Probability)));
        }

        return scored;
    }

    private static void Report(string title, List<(Decided Incident, double Probability)> scored)
    {
        Console.WriteLine($"\n{title}: {scored.Count(one => one.Incident.IsAttack)} of attacks, {scored.Count(one => !one.Incident.IsAttack)} harmless");
        if (scored.All(one => one.Incident.IsAttack) || scored.All(one => !one.Incident.IsAttack))
        {
            Console.WriteLine("  nothing to compare");
            return;
        }

        Order evidence = one => one.Incident.EValue, proportion = one => one.Incident.EValue / one.Incident.Threshold, learnt = one => one.Probability;
        foreach (var (name, order) in (ReadOnlySpan<(string, Order)>)[("evidence", evidence), ("evidence / threshold", proportion), ("FastTree", learnt)])
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-22} area {Auc(scored, order):0.000}, attacks among the first {First}: {AmongFirst(scored, order)}"));

        Compare("FastTree against evidence", scored, learnt, evidence);
        Compare("FastTree against evidence / threshold", scored, learnt, proportion);
        Compare("evidence / threshold against evidence", scored, proportion, evidence);
    }

    /// <summary>The difference with its 95 % interval: scenarios and harmless incidents are drawn with replacement, whole.</summary>
    private static void Compare(string title, List<(Decided Incident, double Probability)> scored, Order one, Order other)
    {
        var random = new Random(1);
        var sources = scored.GroupBy(found => found.Incident.Source).Select(source => source.ToList()).ToList();
        var differences = new List<(double Area, double First)>();
        while (differences.Count < Draws)
        {
            var drawn = sources.SelectMany(_ => sources[random.Next(sources.Count)]).ToList();
            if (drawn.Select(found => found.Incident.IsAttack).Distinct().Count() == 2)
                differences.Add((Auc(drawn, one) - Auc(drawn, other), AmongFirst(drawn, one) - AmongFirst(drawn, other)));
        }

        string Interval(Func<(double Area, double First), double> of, string format) =>
            string.Join(" to ", new[] { 0.025, 0.975 }.Select(share => Figures.Quantile(differences.Select(of), share).ToString(format, CultureInfo.InvariantCulture)));

        Console.WriteLine($"  {title}: area {Interval(found => found.Area, "+0.000;-0.000")}, among the first {First} {Interval(found => found.First, "+0;-0;0")}");
    }

    private static double Auc(List<(Decided Incident, double Probability)> scored, Order order) =>
        Figures.Auc([.. scored.Where(one => one.Incident.IsAttack).Select(one => order(one))], [.. scored.Where(one => !one.Incident.IsAttack).Select(one => order(one))]);

    private static int AmongFirst(List<(Decided Incident, double Probability)> scored, Order order) => scored.OrderByDescending(one => order(one)).Take(First).Count(one => one.Incident.IsAttack);

    private sealed class Row
    {
        public bool Label { get; init; }

        [VectorType(Decided.FeatureCount)]
        public float[] Features { get; init; } = [];
        public float Weight { get; init; } = 1;
    }

    private sealed class Answer
    {
        public float Probability { get; init; }
    }
}
