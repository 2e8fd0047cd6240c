using CsCheck;
using Runtime.Collector.Baselines;
using Xunit;

namespace Runtime.Collector.Tests.Baselines;

public sealed class IncidenceTests
{
    private static readonly Gen<(int Item, int Unit)[]> Sightings = Gen.Select(Gen.Int[0, 15], Gen.Int[0, 30]).Array[0, 120];

    [Fact]
    public void Axis_AnyOrder_CountsTheSame() => Gen.Select(Sightings, Gen.Int).Sample((sightings, seed) =>
    {
        var shuffled = sightings.ToArray();
        new Random(seed).Shuffle(shuffled);
        Assert.Equal(Counters(Feed(sightings).Axis), Counters(Feed(shuffled).Axis));
    });

    [Fact]
    public void Axis_Incremental_EqualsRecomputed() => Sightings.Sample(sightings =>
    {
        var (axis, incidences) = Feed(sightings);
        var units = sightings.GroupBy(sighting => sighting.Item).Select(item => item.Select(sighting => sighting.Unit).Distinct().ToArray()).ToList();
        Assert.Equal(units.Count(item => item.Length == 1), axis.Singletons);
        Assert.Equal(units.Count(item => item.Length == 2), axis.Doubletons);
        Assert.Equal(units.Where(item => item.Length == 1).Select(item => item[0]).Distinct().Count(), axis.Owners);
        Assert.Equal(units.Sum(item => Math.Min(3, item.Length)), axis.Pairs);
        Assert.True(axis.Owners <= axis.Singletons);

        var recounted = new IncidenceAxis();
        foreach (var incidence in incidences)
        {
            recounted.Count(incidence);
        }

        Assert.Equal(Counters(axis), Counters(recounted));
    });

    [Fact]
    public void Axis_UnitsTakenBack_EqualNeverSeen() => Gen.Select(Sightings, Gen.Int[0, 30].Array[1, 12]).Sample((sightings, units) =>
    {
        // With three units at most per item nothing was forgotten, so taking some back is exact.
        var lost = units.ToHashSet();
        var few = sightings.GroupBy(sighting => sighting.Item).SelectMany(item => item.Select(sighting => sighting.Unit).Distinct().Take(3).Select(unit => (item.Key, unit))).ToArray();
        var (axis, incidences) = Feed(few);
        for (var i = 0; i < incidences.Length; i++)
        {
            axis.Remove(ref incidences[i], lost);
        }

        Assert.Equal(Counters(Feed(few.Where(sighting => !lost.Contains(sighting.unit)).ToArray()).Axis), Counters(axis));
    });

    [Fact]
    public void Axis_ItemsForgotten_LeaveNothingBehind() => Sightings.Sample(sightings =>
    {
        var (axis, incidences) = Feed(sightings);
        foreach (var incidence in incidences)
        {
            axis.Forget(incidence);
        }

        Assert.Equal((0, 0, 0, 0), Counters(axis));
    });

    [Fact]
    public void Incidence_WrittenAndRead_IsTheSame() => Gen.Int[-5, 1000].Array[0, 5].Sample(units =>
    {
        var incidence = default(Incidence);
        foreach (var unit in units)
        {
            incidence.Add(unit);
        }

        var stream = new MemoryStream();
        incidence.Write(new BinaryWriter(stream));
        stream.Position = 0;
        var read = Incidence.Read(new BinaryReader(stream));
        Assert.Equal(incidence, read);
        Assert.Equal(Math.Min(3, units.Distinct().Count()), read.Count);
    });

    [Fact]
    public void Coverage_LossesOnceOrTwice_CountOnce()
    {
        var coverage = new Coverage();
        coverage.MoveTo(10);
        Assert.True(coverage.Uncover(3));
        Assert.False(coverage.Uncover(3));
        Assert.True(coverage.Uncover(12)); // not closed yet
        Assert.Equal(9, coverage.Units);
        Assert.Equal(5, coverage.Since(4));
        Assert.Equal(6, coverage.Since(2)); // units 4 to 9
        coverage.MoveTo(13);
        Assert.Equal(11, coverage.Units);
        Assert.Equal(2, coverage.Uncovered);
    }

    [Fact]
    public void Coverage_MoreLossesThanAreKept_AreStillCounted()
    {
        var coverage = new Coverage();
        coverage.MoveTo(5000);
        for (var unit = 0; unit < 3000; unit++)
        {
            coverage.Uncover(unit);
        }

        Assert.Equal(2000, coverage.Units);
        Assert.False(coverage.Uncover(5)); // too old to know, counted already
        Assert.Equal(2000, coverage.Units);
    }

    private static (IncidenceAxis Axis, Incidence[] Incidences) Feed((int Item, int Unit)[] sightings)
    {
        var axis = new IncidenceAxis();
        var incidences = new Incidence[16];
        foreach (var (item, unit) in sightings)
        {
            axis.Add(ref incidences[item], unit);
        }

        return (axis, incidences);
    }

    private static (long, long, long, long) Counters(IncidenceAxis axis) => (axis.Singletons, axis.Doubletons, axis.Owners, axis.Pairs);
}
