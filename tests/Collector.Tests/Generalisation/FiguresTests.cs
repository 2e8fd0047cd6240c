using System.Globalization;
using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Generalisation;

/// <summary>What generalisation buys on 30 days of a synthetic web application, against none and against "more than 50 names of a folder are *".</summary>
/// <remarks>The table of DECISIONS.md: Runtime.Collector.Tests -diagnostics -class '*FiguresTests'.</remarks>
public sealed class FiguresTests
{
    private const int Days = 30;
    private const int MostNames = 50;

    /// <summary>Written once by the same program after the 30 days; each should be news.</summary>
    private static readonly string[] Attacks =
    [
        "/srv/up/shell.php", "/srv/up/libx.so", "/srv/up/.x", "/srv/up/loader", "/srv/up/cmd.jsp", "/tmp/xmrig", "/tmp/.sess-abcdefghijklmnop", "/tmp/sess-abcdefghijklmnop.so",
        "/var/cache/app/run.sh", "/var/cache/app/tpl_abcdefghij.php", "/var/log/app/x.py", "/data/users/mallory/.ssh", "/data/users/mallory/authorized_keys",
    ];

    private enum Policy
    {
        None,
        Star,
        Shapes,
    }

    [Fact]
    public void UploadsCacheLogs_ByPolicy()
    {
        var none = Run(Policy.None);
        var star = Run(Policy.Star);
        var shapes = Run(Policy.Shapes);
        TestContext.Current.SendDiagnosticMessage("{0}", "policy   items   Q1  new/day in the last week  lambda  threshold  state        attack names known");
        foreach (var (name, run) in new[] { ("none", none), ("50 → *", star), ("shapes", shapes) })
        {
            TestContext.Current.SendDiagnosticMessage("{0}", string.Create(
                CultureInfo.InvariantCulture, $"{name,-8} {run.Items,5} {run.Singletons,4} {run.NewPerDay,25:0.0} {run.Lambda,7:0.00} {run.Threshold,10:0} {run.State,-12} {run.AttacksKnown} of {Attacks.Length}"));
        }

        Assert.Equal(BaselineState.Unstable, none.State);
        Assert.True(shapes.State >= BaselineState.Locked && shapes.State != BaselineState.Unstable, $"{shapes.State}");
        Assert.True(shapes.NewPerDay * 20 < none.NewPerDay, $"{shapes.NewPerDay} of {none.NewPerDay}");
        Assert.True(shapes.Items * 10 < none.Items, $"{shapes.Items} of {none.Items}");
        Assert.Equal(0, shapes.AttacksKnown);
        Assert.True(star.AttacksKnown > 5, $"{star.AttacksKnown}");
    }

    private static Result Run(Policy policy)
    {
        var builder = new ObservationBuilder();
        var process = builder.Process("/usr/sbin/php-fpm8.2");
        var baseline = new Baseline(ObservationBuilder.Web, new BaselineOptions());
        if (policy != Policy.Shapes)
        {
            baseline.Templates.Through = int.MaxValue;
        }

        var key = new ItemKey();
        var folders = new Dictionary<string, HashSet<string>>();
        long lately = 0;
        foreach (var (hour, path) in Workload())
        {
            builder.Now = ObservationBuilder.Epoch.AddHours(hour).AddMinutes(1);
            Write(path, hour);
        }

        var group = baseline.View(builder.Now.UtcTicks).Groups.Single(group => group.Group == KindGroup.File);
        return new Result(
            (int)group.Items, group.Singletons, lately / 7.0, group.Lambda, group.Threshold, group.State,
            Attacks.Count(path => Known(builder.File(null, process, path)) is not null));

        Item? Known(FileObservation file)
        {
            var fullKey = key.FileWrite(policy == Policy.Star ? Starred(file) : file);
            return baseline.Items.Find(fullKey) ?? baseline.FindTemplate(file, fullKey);
        }

        void Write(string path, int hour)
        {
            var ticks = builder.Now.UtcTicks;
            baseline.Replicas.See("c" + hour % 2, true, ticks);
            baseline.See(ticks, ticks);
            var unit = baseline.UnitOf(ticks);
            if (policy == Policy.Star)
            {
                Note(path);
            }

            var file = builder.File(null, process, path);
            var item = Known(file);
            if (item is null)
            {
                lately += hour >= (Days - 7) * 24 ? 1 : 0;
                var fullKey = key.FileWrite(policy == Policy.Star ? Starred(file) : file).ToString();
                item = baseline.Add(ItemKind.FileWrite, fullKey, ItemState.Learned, ticks, unit);
            }

            baseline.Touch(item, new Sight(ticks, ticks, unit, unit, 1, hour % 2, -1, true));
        }

        string FolderOf(string path) => path[..(path.LastIndexOf('/') + 1)];

        // Such a policy looks at no extension.
        FileObservation Starred(FileObservation file) => folders.TryGetValue(FolderOf(file.Path), out var names) && names.Count > MostNames
            ? file with { Path = FolderOf(file.Path) + "*", Template = FolderOf(file.Path) + "*" }
            : file;

        // A folder that passes the bound: its names leave, as one pattern takes their place.
        void Note(string path)
        {
            var folder = FolderOf(path);
            if (!folders.TryGetValue(folder, out var names))
            {
                folders.Add(folder, names = []);
            }

            if (names.Count <= MostNames && names.Add(path) && names.Count > MostNames)
            {
                foreach (var item in baseline.Items.All.Where(item => FolderOf(item.FullKey).EndsWith("|" + folder, StringComparison.Ordinal)).ToList())
                {
                    baseline.Items.Remove(item);
                    baseline.Group(KindGroup.File).Forget(item);
                }
            }
        }
    }

    /// <summary>Uploads under people's names for them, template cache, sessions, a log and a mailbox for each user, and what never changes.</summary>
    private static IEnumerable<(int Hour, string Path)> Workload()
    {
        var random = new Random(7);
        string Letters(int length) => new([.. Enumerable.Range(0, length).Select(_ => (char)('a' + random.Next(26)))]);
        string[] words = [.. Enumerable.Range(0, 400).Select(_ => Letters(3 + random.Next(7)))];
        string Word() => words[(int)(words.Length * Math.Pow(random.NextDouble(), 2))];
        string[] cached = [.. Enumerable.Range(0, 300).Select(_ => Letters(10))];
        var users = new List<string> { Letters(6) };
        for (var hour = 0; hour < Days * 24; hour++)
        {
            for (var i = 0; i < 6; i++)
            {
                yield return (hour, "/srv/up/" + random.Next(6) switch
                {
                    0 or 1 => $"{Word()}-{Word()}.jpg",
                    2 => $"{Word()}.jpg",
                    3 => $"{Word()}_{Word()}.png",
                    4 => $"{Word()} {Word()}.pdf",
                    _ => $"{Word()}-{Word()}-{Word()}.jpg",
                });
            }

            for (var i = 0; i < 4; i++)
            {
                yield return (hour, $"/var/cache/app/tpl_{cached[random.Next(cached.Length)]}.cache");
            }

            for (var i = 0; i < 10; i++)
            {
                yield return (hour, $"/tmp/sess-{Letters(16)}");
            }

            if (hour % 3 == 0)
            {
                users.Add(Letters(5 + random.Next(6)));
            }

            for (var i = 0; i < 3; i++)
            {
                var user = users[random.Next(users.Count)];
                yield return (hour, $"/var/log/app/{user}.log");
                yield return (hour, $"/data/users/{user}/inbox.mbox");
            }

            foreach (var always in new[] { "/var/log/app/access.log", "/var/lib/app/queue.db", "/var/lib/app/queue.db-wal", "/run/app.pid" })
            {
                yield return (hour, always);
            }
        }
    }

    private sealed record Result(int Items, long Singletons, double NewPerDay, double Lambda, double Threshold, BaselineState State, int AttacksKnown);
}
