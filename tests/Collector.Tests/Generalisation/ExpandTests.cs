using System.Text.Json;
using CsCheck;
using Runtime.Collector.Baselines;
using Runtime.Collector.Generalisation;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Runtime.Collector.Tests.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Generalisation;

/// <summary>What a template stands for, its undo, and that nothing of both is lost in a saved state.</summary>
public sealed class ExpandTests
{
    private const string Template = "/usr/sbin/nginx|create|/srv/up/%{letters 14}.jpg|other";
    private readonly Uploads _uploads = new();

    [Fact]
    public void Expand_BringsTheNamesBackAndKeepsThemApart()
    {
        var names = new List<string>();
        string Next()
        {
            names.Add($"/srv/up/{_uploads.Word()}.jpg");
            return names[^1];
        }

        _uploads.Hours(4, 3, Next);
        Assert.Equal([Template], _uploads.Keys);
        var expanded = _uploads.Web.Engine.Expand(Template)!;

        var expected = names.Select(name => $"/usr/sbin/nginx|create|{name}|other").Order(StringComparer.Ordinal).ToList();
        Assert.Equal(expected, expanded.Items.Select(item => item.Key).Order(StringComparer.Ordinal));
        Assert.Equal(0, expanded.Forgotten);
        Assert.Equal(expected, _uploads.Keys.Order(StringComparer.Ordinal));
        Assert.All(_uploads.Items, item => Assert.Equal((1UL, "learned", true), (item.Count, item.State, item.Units <= 1)));
        Assert.Null(_uploads.Web.Engine.Expand(Template));

        _uploads.Hours(6, 3, Next);
        Assert.Equal(names.Count, _uploads.Items.Count);

        // Another folder is still generalised.
        _uploads.Hours(4, 3, () => $"/srv/other/{_uploads.Word()}.jpg");
        Assert.Contains("/usr/sbin/nginx|create|/srv/other/%{letters 14}.jpg|other", _uploads.Keys);
    }

    [Fact]
    public void Expand_WhatIsNoTemplate_IsNothing()
    {
        _uploads.Hours(4, 3, () => $"/srv/up/{_uploads.Word()}.jpg");
        Assert.Null(_uploads.Web.Engine.Expand("/usr/sbin/nginx|write|/var/log/nginx/access.log|other"));
        Assert.Null(_uploads.Web.Engine.Expand("%{"));
        Assert.Null(_uploads.Web.Engine.Expand(""));
    }

    [Fact]
    public void Names_AreKeptFor14DaysAndThenOnlyCounted()
    {
        _uploads.Hours(4, 3, () => $"/srv/up/{_uploads.Word()}.jpg");
        _uploads.Hours(TemplateTable.KeptUnits - 1, 0, () => "");
        Assert.Equal(3, Assert.Single(_uploads.Items).Examples.Count);
        _uploads.Hours(2, 0, () => "");
        Assert.Empty(Assert.Single(_uploads.Items).Examples);
        Assert.Equal(12, Assert.Single(_uploads.Items).Names);
        var expanded = _uploads.Web.Engine.Expand(Template)!;
        Assert.Empty(expanded.Items);
        Assert.Equal(12, expanded.Forgotten);
        Assert.Empty(_uploads.Items);
    }

    [Fact]
    public void Alert_AboutANameThatATemplateTookIn_TakesItOut()
    {
        _uploads.Web.Locked(hours: 30, replicas: 0);
        var web = _uploads.Web;
        var replica = web.Replicas[0];

        // A program that deviates a little writes in the same folder under the same kind of name, long enough to be absorbed.
        var odd = web.Builder.Process("/usr/bin/convert", replica.Nginx);
        web.Apply(web.Builder.Exec(replica.Container, odd));
        var written = new List<string>();
        for (var hour = 0; hour < 8; hour++)
        {
            foreach (var each in web.Replicas)
            {
                written.Add($"/srv/up/{_uploads.Word()}.jpg");
                web.Apply(web.Builder.File(each.Container, [odd[0], .. each.Nginx], written[^1]));
            }

            web.Serve(1);
        }

        const string template = "/usr/bin/convert|create|/srv/up/%{letters 14}.jpg|other";
        var before = web.Item("file_write", template)!.Names;
        Assert.True(before >= 8);

        // Its incident goes on to something that people are told of.
        var shell = web.Builder.Process("/bin/sh", odd, flags: ProcessFlags.NetworkFacing | ProcessFlags.UpperLayer | ProcessFlags.Memfd);
        web.Apply(web.Builder.Exec(replica.Container, shell));
        Assert.NotEmpty(web.Alerts);

        // All were told of in that incident: the last of them takes the template with it, and each waits by itself.
        Assert.Null(web.Item("file_write", template));
        var names = web.Engine.View(web.Builder.Now).Items.Where(item => item.Key.StartsWith("/usr/bin/convert|create|/srv/up/", StringComparison.Ordinal)).ToList();
        Assert.Equal(before, names.Count);
        Assert.All(names, name => Assert.Equal("pending", name.State));
    }

    [Fact]
    public void SavedState_HoldsTemplatesNamesAndFoldersApart()
    {
        _uploads.Hours(4, 3, () => $"/srv/up/{_uploads.Word()}.jpg");
        _uploads.Hours(4, 3, () => $"/srv/other/{_uploads.Word()}.jpg");
        _uploads.Web.Engine.Expand("/usr/sbin/nginx|create|/srv/other/%{letters 14}.jpg|other");
        Restart();
        Assert.Equal(12, _uploads.Items.Single(item => item.Key == Template).Names);
        Assert.Equal(10, _uploads.Items.Count);
        _uploads.Hours(4, 3, () => $"/srv/other/{_uploads.Word()}.jpg");
        Assert.Equal(22, _uploads.Items.Count);
        Restart();
        Assert.Equal(12, _uploads.Web.Engine.Expand(Template)!.Items.Count);
    }

    /// <summary>Saved by the program before this one: a locked deployment with six uploads that wait and one remarkable write.</summary>
    [Fact]
    public void SavedState_OfAProgramWithoutTemplates_StillLoads()
    {
        var state = Convert.FromBase64String(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Generalisation", "state-rsc1.txt")));
        Assert.Equal("RSC1"u8, state.AsSpan(0, 4));
        var engine = ScopeEngine.Restore(ObservationBuilder.Web, state, new BaselineOptions());
        var view = engine.View(ObservationBuilder.Epoch);
        Assert.Equal(BaselineState.Locked, view.Groups.Single(group => group.Group == KindGroup.File).State);
        Assert.Equal(7, view.Items.Count(item => item is { Kind: "file_write", State: "pending" }));
        Assert.All(view.Items, item => Assert.Equal(0, item.Names));
        Assert.StartsWith("RSC2", System.Text.Encoding.ASCII.GetString(engine.Save()), StringComparison.Ordinal);
        Assert.Equal(engine.Save(), ScopeEngine.Restore(ObservationBuilder.Web, engine.Save(), new BaselineOptions()).Save());
    }

    [Fact]
    public void SavedState_ReadAsAnotherVersion_IsRefused()
    {
        _uploads.Hours(4, 3, () => $"/srv/up/{_uploads.Word()}.jpg");
        var state = _uploads.Web.Engine.Save();
        state[3] = (byte)'1';
        var fault = Assert.Throws<FormatException>(() => ScopeEngine.Restore(ObservationBuilder.Web, state, new BaselineOptions()));
        Assert.Contains("goes on behind its end", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Live, the grain's timer closes units between observations; a replay has only the log.</summary>
    [Fact]
    public void Replay_WithoutAClock_GivesTheSameTemplates()
    {
        _uploads.Hours(5, 4, () => $"/srv/up/{_uploads.Word()}.jpg");
        var replayed = new ScopeEngine(ObservationBuilder.Web, new BaselineOptions());
        foreach (var observation in _uploads.Web.Log)
        {
            replayed.Apply(observation);
        }

        Assert.Contains(Template, _uploads.Keys);
        Assert.Equal(BaselineItems.Of(_uploads.Web.Engine.View(_uploads.Web.Builder.Now)), BaselineItems.Of(replayed.View(_uploads.Web.Builder.Now)));
    }

    /// <summary>Whatever was written, lost, collapsed and undone: the counters are those of a fresh count.</summary>
    [Fact]
    public void Counters_AfterAnything_EqualAFreshCount() => Gen.Select(Acts.Array[5, 60], Gen.Int[0, int.MaxValue]).Sample((acts, seed) =>
    {
        var random = new Random(seed);
        var uploads = new Uploads(options: new BaselineOptions { MaxItems = 100 });
        foreach (var (act, count) in acts)
        {
            switch (act)
            {
                case < 6:
                    for (var i = 0; i < count; i++)
                    {
                        uploads.Write(random.Next(3) switch { 0 => $"/srv/up/{uploads.Word()}.jpg", 1 => $"/srv/{uploads.Word(12)}/{uploads.Word(20)}", _ => $"/data/x{random.Next(6)}" });
                    }

                    break;
                case < 9:
                    uploads.Hours(1 + count / 4, 0, () => "");
                    break;
                case 9:
                    uploads.Web.Apply(uploads.Web.Builder.Loss("file"));
                    break;
                case 10 when uploads.Items.Find(item => item.Names > 0) is { } template:
                    uploads.Web.Engine.Expand(template.Key);
                    break;
                default:
                    uploads.Web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, uploads.Web.Engine.Save(), uploads.Web.Options);
                    break;
            }
        }

        // What is read from a saved state is counted afresh, item by item.
        var fresh = ScopeEngine.Restore(ObservationBuilder.Web, uploads.Web.Engine.Save(), uploads.Web.Options).View(uploads.Web.Builder.Now);
        var kept = uploads.Web.Engine.View(uploads.Web.Builder.Now);
        Assert.Equal(JsonSerializer.Serialize(fresh.Groups), JsonSerializer.Serialize(kept.Groups));
        Assert.Equal(kept.Items.Count(item => item.Kind == "file_write"), kept.Groups.Single(group => group.Group == KindGroup.File).Items);
        Assert.Equal(kept.Items.Count(item => item.Kind == "file_write" && item.Units == 1), kept.Groups.Single(group => group.Group == KindGroup.File).Singletons);
        Assert.Equal(kept.Items.Count(item => item.Kind == "file_write" && item.Units == 2), kept.Groups.Single(group => group.Group == KindGroup.File).Doubletons);
    }, iter: 60);

    private static readonly Gen<(int Act, int Count)> Acts = Gen.Select(Gen.Int[0, 11], Gen.Int[1, 12]);

    private void Restart()
    {
        var state = _uploads.Web.Engine.Save();
        _uploads.Web.Engine = ScopeEngine.Restore(ObservationBuilder.Web, state, _uploads.Web.Options);
        Assert.Equal(state, _uploads.Web.Engine.Save());
    }
}
