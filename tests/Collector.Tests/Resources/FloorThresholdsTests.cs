using CsCheck;
using Runtime.Collector.Resources;
using Xunit;

namespace Runtime.Collector.Tests.Resources;

/// <summary>Floors to thresholds: the sketch of what was, and its quantile at each load.</summary>
public sealed class FloorThresholdsTests
{
    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    [Fact]
    public void Sketch_InAnyOrder_IsTheSame() => Gen.Select(Gen.Double[-4_000, 40_000], Gen.Double[0, 20]).Select((load, floor) => (Load: load < 0 ? null : (double?)load, Floor: floor)).Array[1, 300].Sample(windows =>
    {
        var one = new FloorSketch();
        var parts = new[] { new FloorSketch(), new FloorSketch() };
        for (var i = 0; i < windows.Length; i++)
        {
            one.Add(windows[i].Load, windows[i].Floor);
            parts[i % 2].Add(windows[^(i + 1)].Load, windows[^(i + 1)].Floor);
        }

        parts[1].Add(parts[0]);
        return Bytes(one.Write).SequenceEqual(Bytes(parts[1].Write)) && Bytes(FloorSketch.Read(new(new MemoryStream(Bytes(one.Write)))).Write).SequenceEqual(Bytes(one.Write));
    });

    /// <summary>The reference takes the value at index 0.995 n of the sorted floors; a step of the sketch is 4 %, and 0.002 cores near zero.</summary>
    [Fact]
    public void Thresholds_OfOneLoad_AreTheQuantileToWithinAStep() => Gen.Double[0, 8].Array[50, 2000].Sample(floors =>
    {
        var sketch = new FloorSketch();
        foreach (var floor in floors)
        {
            sketch.Add(100, floor);
        }

        var sorted = floors.Order().ToArray();
        var exact = sorted[Math.Min(sorted.Length - 1, (int)(0.995 * sorted.Length))];
        var at = new FloorThresholds(sketch).At(100)!.Value;
        return at >= exact && at <= exact + (0.04 * exact) + 0.0021;
    });

    [Fact]
    public void Thresholds_OfFewWindows_SayNothing()
    {
        var sketch = new FloorSketch();
        for (var i = 0; i < FloorThresholds.LeastWindows - 1; i++)
        {
            sketch.Add(10 * i, 0.1);
        }

        Assert.Null(new FloorThresholds(sketch).At(10));
        sketch.Add(10, 0.1);
        Assert.NotNull(new FloorThresholds(sketch).At(10));
        Assert.Null(new FloorThresholds(sketch).At(null));
    }

    /// <summary>Each load has a group with enough windows, whatever the loads are.</summary>
    [Fact]
    public void Thresholds_OfAnyLoads_HaveNoGap() => Gen.Double[0, 1e6].Array[50, 500].Sample(loads =>
    {
        var sketch = new FloorSketch();
        foreach (var load in loads)
        {
            sketch.Add(load, 0.5);
        }

        var thresholds = new FloorThresholds(sketch);
        return loads.All(load => thresholds.At(load) is > 0.5 and < 0.53);
    });

    [Fact]
    public void Sketch_OfMoreFloorsThanItKeeps_HidesRatherThanInvents()
    {
        var sketch = new FloorSketch();
        Add(1000, 0.1, 60);
        for (var row = 0; sketch.Cells.Length < FloorSketch.MaxCells; row++)
        {
            for (var bucket = 0; bucket < FloorSketch.Buckets && sketch.Cells.Length < FloorSketch.MaxCells; bucket++)
            {
                Add(1.05 * Math.Pow(2, row / 4.0), FloorSketch.Above(bucket) - 0.001, 1);
            }
        }

        Add(1000, 5, 100);
        Add(1000, 2, 7);
        var of1000 = Enumerable.Range(0, sketch.Cells.Length).Where(i => sketch.Cells[i] >> 8 == FloorSketch.RowOf(1000)).ToArray();
        var at = Assert.Single(of1000);
        Assert.Equal((FloorSketch.BucketOf(5), 167u), (sketch.Cells[at] & 0xff, sketch.Counts[at]));
        Assert.Equal(FloorSketch.MaxCells, sketch.Cells.Length);

        void Add(double load, double floor, int times)
        {
            for (var i = 0; i < times; i++)
            {
                sketch.Add(load, floor);
            }
        }
    }
}
