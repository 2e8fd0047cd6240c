using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;

namespace Runtime.Learners;

/// <summary>Whether RandomizedPca on a deployment's counts of the last 60 days marks a day on which an attacker did more of what is known, and no other.</summary>
internal static class OddDays
{
    private const int Rank = 5;
    private const int Kept = 60;

    /// <summary>A week that teaches, in recordings: pods start, images are new.</summary>
    private const int Skipped = 8;
    private const int Tested = 7;
    private const int LeastBefore = 7;
    private const int Folds = 5;

    private static readonly string[] s_methods = ["RandomizedPca", "the same, not divided by the distance", "3 largest deviations, load taken away"];

    /// <summary>What it adds to a day, in medians of that count. Nothing where the median is zero: that would be a novelty, and is judged as one.</summary>
    private static readonly (string Name, (string Count, double Medians)[] Adds)[] s_attacks =
    [
        ("a drip of data", [("sent", 1), ("connects", 0.2)]),
        ("a loop of known programs", [("execs", 1), ("exits", 1)]),
        ("staging", [("creates", 2), ("writes", 2)]),
        ("slow deletion", [("removals", 2), ("renames", 2)]),
        ("probing known peers", [("connects", 2), ("failed connects", 2), ("lookups", 2)]),
    ];

    private static readonly MLContext s_context = new(1);

    /// <returns>Exit code.</returns>
    public static int Run(IReadOnlyList<DayCounts> all)
    {
        var recorded = all.Where(deployment => deployment.Days.Count >= Skipped + LeastBefore + Tested).ToList();
        if (recorded.Count == 0)
        {
            Console.Error.WriteLine($"no deployment of {all.Count} was recorded for {Skipped + LeastBefore + Tested} days");
            return 2;
        }

        Console.WriteLine($"An attack of strength 1 is: {string.Join("; ", s_attacks.Select(attack => $"{attack.Name} ({string.Join(", ", attack.Adds.Select(add => string.Create(CultureInfo.InvariantCulture, $"{add.Count} +{100 * add.Medians:0} %")))})"))}");
        Report("recorded days", recorded, Skipped, deployment => Enumerable.Range(deployment.Days.Count - Tested, Tested));
        foreach (var noise in (double[])[0.05, 0.15])
        {
            var made = MadeDays.Like([.. recorded.Select(deployment => deployment with { Days = [.. deployment.Days.Skip(Skipped)] })], 60, 61, noise);
            Report(string.Create(CultureInfo.InvariantCulture, $"made days, own noise of a count {100 * noise:0} %"), made, 0, _ => [20, 30, 40, 50, 60]);
        }

        return 0;
    }

    private static void Report(string title, IReadOnlyList<DayCounts> deployments, int skip, Func<DayCounts, IEnumerable<int>> tested)
    {
        double[] strengths = [0, 0.5, 2];
        var marks = strengths.Select(_ => s_methods.Select(_ => new List<bool>()).ToArray()).ToArray();
        foreach (var deployment in deployments)
            foreach (var number in tested(deployment))
                Judge(deployment, number, Math.Max(skip, number - Kept), strengths, marks);

        Console.WriteLine($"\n{title}: {deployments.Count} deployments");
        for (var method = 0; method < s_methods.Length; method++)
        {
            var shares = marks.Select(of => Figures.Share(of[method].Count(mark => mark), of[method].Count)).ToList();
            Console.WriteLine($"  {s_methods[method],-40} marks {shares[0]} of {marks[0][method].Count} harmless days, {shares[1]} of {marks[1][method].Count} with an attack of strength 0.5, {shares[2]} of strength 2");
        }
    }

    private static void Judge(DayCounts deployment, int number, int from, double[] strengths, List<bool>[][] marks)
    {
        var before = deployment.Days.Skip(from).Take(number - from).ToList();
        var logs = before.Select(Log).ToList();

        // What harmless days show is what a model says of days that it did not see: those that it was made of fit too well.
        var most = new double[s_methods.Length];
        for (var fold = 0; fold < Folds; fold++)
        {
            var model = Fit(logs.Where((_, i) => i % Folds != fold).ToList());
            foreach (var scores in logs.Where((_, i) => i % Folds == fold).Select(day => model(day)))
                most = [.. most.Zip(scores, Math.Max)];
        }

        var all = Fit(logs);
        var medians = Enumerable.Range(0, DayCounts.Names.Length).Select(i => Figures.Median(before.Select(day => (double)day[i]))).ToArray();
        for (var strength = 0; strength < strengths.Length; strength++)
        {
            foreach (var attack in strengths[strength] == 0 ? s_attacks.Take(1) : s_attacks)
            {
                var day = (float[])deployment.Days[number].Clone();
                foreach (var (count, by) in attack.Adds)
                    day[DayCounts.Index(count)] += (float)Math.Round(by * strengths[strength] * medians[DayCounts.Index(count)]);

                if (strengths[strength] > 0 && day.SequenceEqual(deployment.Days[number]))
                {
                    continue;
                }

                var scores = all(Log(day));
                for (var method = 0; method < s_methods.Length; method++)
                    marks[strength][method].Add(scores[method] > most[method]);
            }
        }
    }

    private static double[] Log(float[] day) => [.. day.Select(count => Math.Log(1 + count))];

    /// <summary>A score for each method; larger is odder.</summary>
    private static Func<double[], double[]> Fit(List<double[]> days)
    {
        var columns = Enumerable.Range(0, days[0].Length).ToArray();
        var middle = columns.Select(i => Figures.Median(days.Select(day => day[i]))).ToArray();
        double[] Spread(IReadOnlyList<double[]> of, double[] around) => [.. columns.Select(i => Math.Max(0.05, 1.4826 * Figures.Median(of.Select(day => Math.Abs(day[i] - around[i])))))];
        var spread = Spread(days, middle);
        float[] Scale(double[] day) => [.. columns.Select(i => (float)Math.Clamp((day[i] - middle[i]) / spread[i], -20, 20))];
        var scaled = days.Select(Scale).ToList();
        var mean = columns.Select(i => scaled.Average(day => day[i])).ToArray();

        var model = Components(scaled, columns.Count(i => scaled.Exists(day => day[i] != scaled[0][i])));
        var engine = model is null ? null : s_context.Model.CreatePredictionEngine<Row, Answer>(model);

        double[] Left(double[] day)
        {
            var load = Figures.Median(columns.Where(i => middle[i] > 2).Select(i => day[i] - middle[i]));
            return [.. columns.Select(i => day[i] - middle[i] - (middle[i] > 2 ? load : 0))];
        }

        var left = days.Select(Left).ToList();
        var leftMiddle = columns.Select(i => Figures.Median(left.Select(day => day[i]))).ToArray();
        var leftSpread = Spread(left, leftMiddle);
        return day =>
        {
            // ML.NET divides what the components do not explain by the day's distance from the mean, so a usual day scores high too.
            var features = Scale(day);
            var distance = Math.Sqrt(columns.Sum(i => (features[i] - mean[i]) * (features[i] - mean[i])));
            var score = engine?.Predict(new Row { Features = features }).Score ?? (distance > 0 ? 1.0 : 0);
            var rest = Left(day);
            return [score, score * distance, columns.Select(i => Math.Abs(rest[i] - leftMiddle[i]) / leftSpread[i]).OrderDescending().Take(3).Average()];
        };
    }

    /// <summary>
    /// The trainer refuses with "eigenvectors contained NaN" where fewer counts vary, each in its own way, than rank and oversampling ask for, as with deployments that do few things. It gets a
    /// lower rank then.
    /// </summary>
    /// <param name="varying">Counts that are not the same every day.</param>
    /// <returns>Null when no rank is low enough: nothing is explained.</returns>
    private static AnomalyPredictionTransformer<PcaModelParameters>? Components(List<float[]> scaled, int varying)
    {
        var data = s_context.Data.LoadFromEnumerable(scaled.Select(day => new Row { Features = day }));
        for (var rank = Math.Min(varying / 2, Rank); rank > 0; rank--)
        {
            try
            {
                return s_context.AnomalyDetection.Trainers.RandomizedPca(nameof(Row.Features), rank: rank, oversampling: Math.Min(varying - rank, 20), ensureZeroMean: true, seed: 1).Fit(data);
            }
            catch (ArgumentOutOfRangeException refusal) when (refusal.ParamName == "eigenVectors")
            {
                // The next lower one.
            }
        }

        return null;
    }

    private sealed class Row
    {
        [VectorType(31)]
        public float[] Features { get; init; } = [];
    }

    private sealed class Answer
    {
        public float Score { get; init; }
    }
}
