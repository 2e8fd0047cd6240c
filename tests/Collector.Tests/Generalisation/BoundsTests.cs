using System.Diagnostics;
using Runtime.Collector.Baselines;
using Runtime.Collector.Generalisation;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Runtime.Collector.Tests.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Generalisation;

/// <summary>Names without end and deployments that do not settle: bounded, told, and generalised as far as may be.</summary>
public sealed class BoundsTests
{
    /// <summary>100,000 names in five hours of learning.</summary>
    [Fact]
    public void NamesWithoutEnd_AreOneItemWhereTheyMay()
    {
        var uploads = new Uploads();
        for (var i = 0; i < 20_000; i++)
        {
            uploads.Write("/tmp/" + uploads.Word(12));
        }

        // All in one hour, like a burst that never comes again: nothing but the bound holds it, and it says so.
        Assert.True(uploads.Items.Count <= uploads.Web.Options.MaxItems);
        Assert.Contains("the bound of 20000 items was reached", uploads.Web.View(KindGroup.File).WaitsFor, StringComparison.Ordinal);

        uploads.Hours(4, 20_000, () => "/tmp/" + uploads.Word(12));
        var template = Assert.Single(uploads.Items);
        Assert.Equal("/usr/sbin/nginx|create|/tmp/%{letters 12}|other", template.Key);
        Assert.True(template.Names > 19_000, $"{template.Names} names");
        uploads.Hours(1, 1000, () => "/tmp/" + uploads.Word(12));
        Assert.Equal(template.Count + 1000, Assert.Single(uploads.Items).Count);

        // What it keeps for an undo is bounded too.
        var state = uploads.Web.Engine.Save();
        Assert.True(state.Length < 200_000, $"{state.Length} bytes");
        var expanded = uploads.Web.Engine.Expand(template.Key)!;
        Assert.Equal(TemplateTable.MaxAbsorbed, expanded.Items.Count);
        Assert.Equal(template.Names - TemplateTable.MaxAbsorbed, expanded.Forgotten);
    }

    [Fact]
    public void NamesWithoutEnd_WhereNothingIsGeneralised_AreBoundedAndTold()
    {
        var uploads = new Uploads(options: new BaselineOptions { MaxItems = 2000 });
        uploads.Hours(170, 20, () => $"/root/{uploads.Word(12)}");
        uploads.Hours(1, 1, () => $"/app/lib/{uploads.Word(12)}.so");
        Assert.True(uploads.Web.Engine.View(uploads.Web.Builder.Now).Items.Count <= 2000);
        var group = uploads.Web.View(KindGroup.File);
        Assert.Equal(BaselineState.Unstable, group.State);
        Assert.Contains("did not settle in 7 days", group.WaitsFor, StringComparison.Ordinal);
        Assert.Contains("the bound of 2000 items was reached", group.WaitsFor, StringComparison.Ordinal);
        Assert.Equal("/usr/sbin/nginx|create|/root/", group.Churning[0].Prefix);
        Assert.Equal(uploads.Items.Count(item => item.Key.Contains("/root/", StringComparison.Ordinal) && item.Units == 1), group.Churning[0].Items);
        Assert.Contains(new ChurningPrefix("/usr/sbin/nginx|create|/app/lib/", 1), group.Churning);
        Assert.DoesNotContain(uploads.Items, item => item.Names > 0);
    }

    /// <summary>Seven folders with a new name each 42 hours: too few for the rule, too many for a lock.</summary>
    [Fact]
    public void Unstable_FiveWorstFolders_AreGeneralisedOnceWithLessOfAReason()
    {
        var uploads = new Uploads();
        var next = 0;
        for (var i = 0; i < 27; i++)
        {
            uploads.Hours(1, 1, () => $"/srv/{"abcdefg"[next++ % 7]}/{uploads.Word(24)}.dat");
            uploads.Hours(5, 0, () => "");
        }

        Assert.True(uploads.Web.State(KindGroup.File) is BaselineState.Learning or BaselineState.Provisional);
        Assert.DoesNotContain(uploads.Items, item => item.Names > 0);
        uploads.Hours(8, 0, () => "");
        Assert.Equal(BaselineState.Unstable, uploads.Web.State(KindGroup.File));
        Assert.Equal(
            "abcde".Select(folder => $"/usr/sbin/nginx|create|/srv/{folder}/%{{letters 24}}.dat|other"),
            uploads.Items.Where(item => item.Names > 0).Select(item => item.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["/usr/sbin/nginx|create|/srv/f/", "/usr/sbin/nginx|create|/srv/g/"], uploads.Web.View(KindGroup.File).Churning.Select(churning => churning.Prefix).Order(StringComparer.Ordinal));

        // Once: what churns later stays as it is, and names of the five are known.
        var count = uploads.Items.Count;
        uploads.Hours(1, 5, () => $"/srv/{"abcde"[next++ % 5]}/{uploads.Word(24)}.dat");
        Assert.Equal(count, uploads.Items.Count);
        uploads.Hours(6, 1, () => $"/srv/h/{uploads.Word(24)}.dat");
        Assert.Equal(count + 6, uploads.Items.Count);
    }

    [Fact]
    public void Unstable_ThatSettlesByIt_Locks()
    {
        var uploads = new Uploads();
        var next = 0;
        for (var i = 0; i < 29; i++)
        {
            uploads.Hours(1, 1, () => $"/srv/{"abcde"[next++ % 5]}/{uploads.Word(24)}.dat");
            uploads.Hours(5, 0, () => "");
        }

        Assert.Equal(BaselineState.Unstable, uploads.Web.State(KindGroup.File));
        for (var i = 0; i < 12; i++)
        {
            uploads.Hours(1, 1, () => $"/srv/{"abcde"[next++ % 5]}/{uploads.Word(24)}.dat");
            uploads.Hours(5, 0, () => "");
        }

        Assert.Equal(BaselineState.LockedWeek, uploads.Web.State(KindGroup.File));
    }

    [Fact]
    public void Folders_BeyondTheBoundOfThoseApart_AreAllApart()
    {
        var table = new TemplateTable();
        for (var i = 0; i < TemplateTable.MaxApart; i++)
        {
            Assert.False(table.IsApart("w/app|create|/srv/other/"));
            table.KeepApart($"w/app|create|/srv/{i}/");
        }

        Assert.True(table.IsApart("w/app|create|/srv/other/"));
    }

    /// <summary>The look-up of every file that is written; with -diagnostics it prints its figures.</summary>
    [Fact]
    public void Lookup_OfWhatIsKnown_AllocatesNothing()
    {
        var baseline = new Baseline(ObservationBuilder.Web, new BaselineOptions());
        var builder = new ObservationBuilder();
        var process = builder.Process("/usr/sbin/nginx");
        var key = new ItemKey();
        var uploads = new Uploads();
        for (var hour = 0; hour < 5; hour++)
        {
            baseline.See(builder.Now.UtcTicks, builder.Now.UtcTicks);
            for (var i = 0; i < 400; i++)
            {
                var file = builder.File(null, process, i < 300 ? $"/srv/app/{i % 20}/fixed/{uploads.Word(6)}{i}" : $"/srv/app/up/{uploads.Word(20)}.jpg");
                var unit = baseline.UnitOf(builder.Now.UtcTicks);
                var item = baseline.Add(ItemKind.FileWrite, key.FileWrite(file).ToString(), ItemState.Learned, builder.Now.UtcTicks, unit);
                baseline.Touch(item, new Sight(builder.Now.UtcTicks, builder.Now.UtcTicks, unit, unit, 1, hour % 2, -1, true));
            }

            builder.Now += TimeSpan.FromHours(1);
        }

        builder.Now += TimeSpan.FromHours(3);
        baseline.See(builder.Now.UtcTicks, builder.Now.UtcTicks);
        var exact = builder.File(null, process, "/srv/app/exact.dat");
        baseline.Add(ItemKind.FileWrite, key.FileWrite(exact).ToString(), ItemState.Learned, builder.Now.UtcTicks, 8);
        var shaped = builder.File(null, process, $"/srv/app/up/{uploads.Word(20)}.jpg");
        var unknown = builder.File(null, process, $"/srv/app/up/{uploads.Word(20)}.exe");
        Assert.Equal("w/usr/sbin/nginx|create|/srv/app/up/%{letters 20}.jpg|other", Find(baseline, key, shaped)?.FullKey);
        Assert.Null(Find(baseline, key, unknown));
        Assert.NotNull(Find(baseline, key, exact));
        foreach (var (name, file) in new[] { ("by its key", exact), ("by a template", shaped), ("not known", unknown) })
        {
            var best = double.MaxValue;
            long allocated = 0;
            for (var round = 0; round < 20; round++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                var started = Stopwatch.GetTimestamp();
                for (var i = 0; i < 20_000; i++)
                {
                    Find(baseline, key, file);
                }

                best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalNanoseconds / 20_000);
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            }

            TestContext.Current.SendDiagnosticMessage("a write {0}: {1:0} ns, {2} bytes", name, best, allocated);
            Assert.True(allocated < 1000, $"{name}: {allocated} bytes in 20,000 look-ups");
        }
    }

    private static Item? Find(Baseline baseline, ItemKey key, FileObservation file)
    {
        var fullKey = key.FileWrite(file);
        return baseline.Items.Find(fullKey) ?? baseline.FindTemplate(file, fullKey);
    }
}
