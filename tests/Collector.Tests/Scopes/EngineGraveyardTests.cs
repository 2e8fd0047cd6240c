using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using Runtime.Collector.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Scopes;

/// <summary>What a person took out of a baseline.</summary>
public sealed class EngineGraveyardTests
{
    private const string Chown = "/bin/chown";

    [Fact]
    public void Remove_ALearntItem_DeviatesAtItsNextSightAndIsNeverLearntAgain()
    {
        var web = new EngineWeb().Locked();
        var removed = web.Engine.RemoveItem(ItemKind.Exec, Chown, "ann (uid 1000)", "gone from the image", web.Builder.Now);
        Assert.Equal(("removed", "ann (uid 1000)", web.Builder.Now, "gone from the image"), (removed!.State, removed.RemovedBy, removed.RemovedAt, removed.RemovedReason));
        Assert.Null(web.Engine.RemoveItem(ItemKind.Exec, Chown, "bob", "again", web.Builder.Now));
        Assert.Null(web.Engine.RemoveItem(ItemKind.Exec, "/no/such", "bob", "", web.Builder.Now));
        Assert.Null(web.Engine.RemoveItem(ItemKind.Edge, Chown, "bob", "", web.Builder.Now));

        var deviation = Assert.Single(web.Apply(Change(web, 0)).Deviations);
        Assert.Equal(("exec", Chown), (deviation.Kind, deviation.Key));

        // On every replica, for two days: a quorum many times over.
        for (var hour = 0; hour < 48; hour++)
        {
            web.Serve(1);
            web.Apply(Change(web, 0));
            web.Apply(Change(web, 1));
        }

        var still = web.Item("exec", Chown)!;
        Assert.Equal(("removed", "ann (uid 1000)", 99UL, 2), (still.State, still.RemovedBy, still.Count, still.Starts));
        Assert.False(web.Apply(Change(web, 0)).IsNothing);

        // Closing it as harmless is no approval.
        web.Engine.CloseIncident(web.Incidents.Last().Id, "benign", "ann", "", web.Builder.Now);
        web.Serve(1);
        Assert.Single(web.Apply(Change(web, 1)).Deviations);
    }

    [Fact]
    public void Approve_OfARemovedItemsDeviation_GivesItBack()
    {
        var web = new EngineWeb().Locked();
        web.Engine.RemoveItem(ItemKind.Exec, Chown, "ann", "why", web.Builder.Now);
        var deviation = Assert.Single(web.Apply(Change(web, 0)).Deviations);
        web.Engine.ApproveDeviation(deviation.Id, "bob", "it is needed after all", web.Builder.Now);
        var item = web.Item("exec", Chown)!;
        Assert.Equal(("approved", "bob", "", null, ""), (item.State, item.ApprovedBy, item.RemovedBy, item.RemovedAt, item.RemovedReason));
        Assert.True(web.Apply(Change(web, 1)).IsNothing);
    }

    [Fact]
    public void Remove_AnApprovedFact_AlertsAgain()
    {
        var web = new EngineWeb().Locked();
        Observation Hidden() => web.Builder.Exec(
            web.Replicas[0].Container, web.Builder.Process("/memfd:x (deleted)", web.Replicas[0].Nginx, flags: ProcessFlags.Memfd | ProcessFlags.Deleted));
        var incident = Assert.Single(web.Apply(Hidden()).Alerts);
        web.Engine.ApproveIncident(incident.Id, "ann", "our loader", web.Builder.Now);
        Assert.Empty(web.Apply(Hidden()).Alerts);
        var fact = web.Engine.View(web.Builder.Now).Items.Single(item => item.Kind == "tier0");
        var removed = web.Engine.RemoveItem(ItemKind.TierZero, fact.Key, "ann", "the loader is gone", web.Builder.Now)!;
        Assert.Equal(("removed", "", null), (removed.State, removed.ApprovedBy, removed.ApprovedAt));
        Assert.Single(web.Apply(Hidden()).Alerts);
    }

    [Fact]
    public void Restart_AfterARemoval_KeepsWhoWhenAndWhy()
    {
        var web = new EngineWeb().Locked();
        var removed = web.Engine.RemoveItem(ItemKind.Exec, Chown, "ann", "why\n", web.Builder.Now);
        var restored = ScopeEngine.Restore(ObservationBuilder.Web, web.Engine.Save(), web.Options);
        Assert.Equal(web.Engine.Save(), restored.Save());
        web.Engine = restored;
        Assert.Equal(removed! with { Examples = [] }, web.Item("exec", Chown)! with { Examples = [] });
        web.Serve(10);
        Assert.Single(web.Apply(Change(web, 0)).Deviations);
    }

    /// <summary>A state without removals is what earlier programs wrote; what a later one may add is passed over.</summary>
    [Fact]
    public void State_WithoutTheSection_OrWithOthers_IsRead()
    {
        var web = new EngineWeb().Locked();
        var before = web.Engine.Save();
        web.Engine.RemoveItem(ItemKind.Exec, Chown, "ann", "why", web.Builder.Now);
        var after = Unpack(web.Engine.Save());
        var section = Bytes(writer => ScopeState.WriteSection(writer, "removals", 1, inner => { inner.Write(1); inner.Write("x" + Chown); inner.Write("ann"); inner.Write(web.Builder.Now.UtcTicks); inner.Write("why"); }));
        var without = after[..^section.Length];
        Assert.Equal(section, after[^section.Length..]);

        // The item is pending in it, and learnt before: one byte.
        Assert.Equal(1, without.Zip(Unpack(before)).Count(pair => pair.First != pair.Second));
        Assert.Equal("pending", Item(without).State);
        var unknown = Bytes(writer => { ScopeState.WriteSection(writer, "weather", 1, inner => inner.Write("fine")); ScopeState.WriteSection(writer, "removals", 2, inner => inner.Write(7L)); });
        Assert.Equal("removed", Item([.. without, .. unknown, .. section]).State);
        Assert.Equal("pending", Item([.. without, .. unknown]).State);
        Assert.Throws<FormatException>(() => Item([.. without, .. section[..^3]]));
        Assert.Throws<FormatException>(() => Item([.. without, .. Bytes(writer => ScopeState.WriteSection(writer, "removals", 1, inner => { inner.Write(1); inner.Write("x/no"); inner.Write(""); inner.Write(0L); inner.Write(""); }))]));

        BaselineItemView Item(byte[] state) =>
            ScopeEngine.Restore(ObservationBuilder.Web, Pack(state), web.Options).View(web.Builder.Now).Items.Single(item => item is { Kind: "exec", Key: Chown });
    }

    [Fact]
    public void RemovedItem_WhenRoomIsShort_StaysBeforePendingAndLearntOnes()
    {
        var web = new EngineWeb(new BaselineOptions { MaxItems = 100 });
        web.Start("c1", "web-1");
        web.Engine.RemoveItem(ItemKind.Exec, Chown, "ann", "why", web.Builder.Now);
        for (var i = 0; i < 500; i++)
        {
            web.Builder.Now += TimeSpan.FromSeconds(1);
            web.Apply(web.Builder.File(web.Replicas[0].Container, web.Replicas[0].Nginx, "/data/" + i));
        }

        Assert.True(web.Engine.View(web.Builder.Now).Items.Count <= 100);
        Assert.Equal("removed", web.Item("exec", Chown)!.State);
        Assert.Null(web.Item("exec", "/usr/sbin/nginx"));
    }

    [Fact]
    public void Removals_OfManyItemsWithLongReasons_StayBelowTheBoundOfText()
    {
        var web = new EngineWeb();
        web.Start("c1", "web-1");
        for (var i = 0; i < 4000; i++)
        {
            web.Apply(web.Builder.File(web.Replicas[0].Container, web.Replicas[0].Nginx, "/data/" + i));
        }

        for (var i = 0; i < 4000; i++)
        {
            web.Engine.RemoveItem(ItemKind.FileWrite, $"/usr/sbin/nginx|create|/data/{i}|other", new string('w', 2000), new string('r', 2000), web.Builder.Now);
        }

        var items = web.Engine.View(web.Builder.Now).Items;
        var text = items.Sum(item => item.Key.Length + 1 + item.RemovedBy.Length + item.RemovedReason.Length);
        Assert.InRange(text, ItemTable.MaxText / 2, ItemTable.MaxText);
        Assert.Equal((256, 512), (items.Max(item => item.RemovedBy.Length), items.Max(item => item.RemovedReason.Length)));

        // What was never removed left before anything that was.
        Assert.All(items.Where(item => item.Kind == "file_write"), item => Assert.Equal("removed", item.State));
    }

    private static ExecObservation Change(EngineWeb web, int replica) =>
        web.Builder.Exec(web.Replicas[replica].Container, web.Builder.Process(Chown, web.Replicas[replica].Entrypoint, Phase.Init));

    private static byte[] Bytes(Action<BinaryWriter> write)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        write(writer);
        writer.Flush();
        return bytes.ToArray();
    }

    // "RSC2", 16 bytes of hash, Brotli.
    private static byte[] Unpack(byte[] state)
    {
        using var brotli = new BrotliStream(new MemoryStream(state[20..]), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        brotli.CopyTo(unpacked);
        return unpacked.ToArray();
    }

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var brotli = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            brotli.Write(bytes);
        }

        var body = packed.ToArray();
        return [.. "RSC2"u8, .. SHA256.HashData(body)[..16], .. body];
    }
}
