using Runtime.Collector.Ingest;
using Runtime.Collector.Tests.Baselines;

namespace Runtime.Collector.Tests.Resources;

/// <summary>
/// The generators of the reference simulation (cpu.py): four kinds of service, ten seconds a sample, and five ways to mine beside them. Its text seeds were
/// salted anew by each run of Python, so figures agree in size and not in digits.
/// </summary>
internal static class SyntheticLoad
{
    /// <summary>Samples a day.</summary>
    public const int Day = 8640;
    public static readonly string[] Kinds = ["web", "db", "idle", "batch"];
    public static readonly string[] Miners = ["full", "40%", "20%", "graboid", "ramp"];
    private static readonly DateTimeOffset Start = new(2026, 11, 2, 0, 0, 0, TimeSpan.Zero);

    /// <returns>Cores and packets a second, by sample.</returns>
    public static (double[] Cores, double[] Packets) Benign(PythonRandom random, string kind, int days)
    {
        var (cores, packets) = (new double[Day * days], new double[Day * days]);
        int surge = 0, job = 0;
        for (var t = 0; t < cores.Length; t++)
        {
            var daily = 0.55 + (0.45 * Math.Sin(2 * Math.PI * (((t % Day) / (double)Day) - 0.3)));

            // A surge of traffic, 10 to 90 minutes, every three days or so.
            if (surge <= 0 && random.NextDouble() < 1.0 / (Day * 3))
            {
                surge = random.Between(60, 540);
            }

            surge--;
            double load;
            switch (kind)
            {
                case "web":
                    load = Math.Max(0, daily * (surge > 0 ? 3 : 1) * (1 + (0.5 * random.Gauss(0, 1))));
                    (packets[t], cores[t]) = (load * 1000, (0.25 * load) + (0.02 * Math.Abs(random.Gauss(0, 1))));
                    break;
                case "batch":
                    // Jobs of one core for some minutes, as the queue has them.
                    if (job <= 0 && random.NextDouble() < 1.0 / 90)
                    {
                        job = random.Between(6, 60);
                    }

                    job--;
                    cores[t] = Math.Max(0, job > 0 ? 0.98 + (0.02 * random.Gauss(0, 1)) : 0.03 * Math.Abs(random.Gauss(0, 1)));
                    packets[t] = job > 0 ? 800 * (0.5 + random.NextDouble()) : 0;
                    break;
                case "db":
                    load = Math.Max(0, daily * (surge > 0 ? 3 : 1) * (1 + (0.3 * random.Gauss(0, 1))));

                    // Vacuum: 15 minutes, four times a day.
                    load += t % (Day / 4) < 90 ? 1.5 : 0;
                    (packets[t], cores[t]) = (load * 1000, 0.4 * load);
                    break;
                default:
                    packets[t] = Math.Abs(random.Gauss(0, 20));
                    cores[t] = 0.01 * Math.Abs(random.Gauss(0, 1));
                    break;
            }
        }

        return (cores, packets);
    }

    /// <param name="sinceStart">Samples since it began.</param>
    /// <returns>Cores.</returns>
    public static double Miner(string how, int sinceStart) => how switch
    {
        "full" => 2.0,
        "40%" => 0.4,
        "20%" => 0.2,
        "graboid" => sinceStart % 40 < 25 ? 2.0 : 0.0,
        "ramp" => Math.Min(0.5, 0.5 * sinceStart / (Day * 2)),
        _ => throw new ArgumentOutOfRangeException(nameof(how), how, "no such way"),
    };

    /// <summary>As the agent sends it: packets with every sixth sample, of the minute before.</summary>
    public static ResourceSample Sample(double[] cores, double[] packets, int t, double more = 0)
    {
        var used = TimeSpan.FromSeconds(Math.Min(Math.Max(2.0, cores[t]), cores[t] + more) * 10);
        var hasPackets = t % 6 == 5;
        double sum = 0;
        for (var i = hasPackets ? t - 5 : t + 1; i <= t; i++)
        {
            sum += packets[i] * 10;
        }

        return new()
        {
            Time = Start.AddSeconds((t + 1) * 10L), Interval = TimeSpan.FromSeconds(10), Has = ResourceCounters.Cpu | (hasPackets ? ResourceCounters.Network : 0),
            CpuUser = used * 0.9, CpuSystem = used * 0.1, ReceivedPackets = (ulong)sum,
        };
    }
}
