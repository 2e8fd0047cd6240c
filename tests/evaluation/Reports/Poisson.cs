namespace Runtime.Evaluation.Reports;

/// <summary>How many events a count stands for.</summary>
internal static class Poisson
{
    /// <summary>The exact 95 % interval of the mean behind a count (Garwood 1936): the means under which so many, or so few, would come in 2.5 % of all cases.</summary>
    public static (double Least, double Most) Interval(int count) => (count == 0 ? 0 : MeanWith(count - 1, 0.975), MeanWith(count, 0.025));

    /// <summary>The mean of which at most <paramref name="count"/> come with this probability, by halving.</summary>
    private static double MeanWith(int count, double probability)
    {
        var (low, high) = (0.0, 10.0 + 4.0 * (count + 1));
        for (var i = 0; i < 100; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = AtMost(count, middle) > probability ? (middle, high) : (low, middle);
        }

        return (low + high) / 2;
    }

    private static double AtMost(int count, double mean)
    {
        // From the largest term on, down and up: where a count is in the thousands, e^-mean is 0 in a double, and so is the last term far from the mean.
        var largest = (int)Math.Min(count, mean);
        var logarithm = -mean;
        for (var k = 1; k <= largest; k++)
        {
            logarithm += Math.Log(mean / k);
        }

        var (term, sum) = (Math.Exp(logarithm), 0.0);
        for (var k = largest; k >= 0; k--)
        {
            sum += term;
            term *= k / mean;
        }

        term = Math.Exp(logarithm);
        for (var k = largest + 1; k <= count; k++)
        {
            term *= mean / k;
            sum += term;
        }

        return sum;
    }
}
