using CsCheck;
using Runtime.Agent.Processes;
using Xunit;
using static Runtime.Agent.Tests.Processes.ProcessTableFixture;

namespace Runtime.Agent.Tests.Processes;

/// <summary>Random lives with few pids, so that they come back at once, against a model that never forgets.</summary>
public sealed class ProcessTableProperties
{
    private const int Pids = 6;

    private sealed record Model(ProcessKey Key, string Lineage, string Binary);

    [Fact]
    public void Lineage_AnyInterleavingWithPidReuse_IsRight() =>
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 999], Gen.Int[0, 999]).Array[1, 200].Sample(steps =>
        {
            var f = new ProcessTableFixture();
            ulong now = 1;
            var living = new List<Model>();
            var gone = new List<Model>();
            var root = f.Exec(1000, now, "/b0", now);
            living.Add(new(root.Key, "", "/b0"));
            foreach (var (kind, which, what) in steps)
            {
                now += 1 + (ulong)what * 100;
                var one = living[which % living.Count];
                switch (kind)
                {
                    case <= 4:
                        var pid = Enumerable.Range(1, Pids).Select(p => (uint)p).FirstOrDefault(p => living.TrueForAll(l => l.Key.Pid != p));
                        if (pid == 0)
                            break;
                        f.Fork(one.Key.Pid, one.Key.StartBootNs, pid, now);
                        living.Add(new(new(pid, now), $"{one.Lineage}>{one.Key.Pid}:{one.Binary}", one.Binary));
                        break;
                    case <= 6:
                        // Reparented or not, what the exec says of the parent is not asked.
                        f.Exec(one.Key.Pid, one.Key.StartBootNs, $"/b{what}", now, parent: 1000, parentStart: 1);
                        living[living.IndexOf(one)] = one with { Binary = $"/b{what}" };
                        break;
                    case <= 8 when one.Key.Pid != 1000:
                        f.Exit(one.Key.Pid, one.Key.StartBootNs, now);
                        living.Remove(one);
                        gone.Add(one);
                        break;
                    default:
                        // An exit again, and a late event of one that is gone: nothing may change for its pid's next owner.
                        if (gone.Count > 0)
                        {
                            var late = gone[which % gone.Count];
                            f.Exit(late.Key.Pid, late.Key.StartBootNs, now);
                            f.Table.MarkNetworkFacing(late.Key);
                        }
                        break;
                }
            }
            foreach (var model in living.Concat(gone.TakeLast(3)))
            {
                var record = f.Table.Find(model.Key.Pid, model.Key.StartBootNs);
                Assert.NotNull(record);
                Assert.Equal(model.Key, record.Key);
                Assert.Equal(model.Binary, Text(record.Binary));
                var lineage = "";
                for (var p = record.Parent; p is not null; p = p.Parent)
                    lineage = $">{p.Key.Pid}:{Text(p.Binary)}{lineage}";
                // A long chain is cut from its top.
                Assert.EndsWith(lineage, model.Lineage, StringComparison.Ordinal);
                Assert.True(lineage == model.Lineage || f["processes.chains_cut"] > 0);
            }
        });

    [Fact]
    public void Table_AnyEventsInAnyOrder_StaysWithinItsBoundsAndNeverThrows() =>
        Gen.Select(Gen.Int[0, 5], Gen.UInt[0, 5], Gen.ULong[0, 5], Gen.UInt[0, 5], Gen.ULong[0, 3_000_000_000]).Array[1, 300].Sample(events =>
        {
            var f = new ProcessTableFixture(options: new() { MaxProcesses = 1024, MaxExited = 16 });
            foreach (var (kind, pid, start, other, at) in events)
            {
                var cgroup = other % 3 == 0 ? Host : other % 3 == 1 ? InA : InB;
                switch (kind)
                {
                    case 0: f.Fork(other, start, pid, start + 1, cgroup); break;
                    case 1: f.Exec(pid, start, "/x", at, cgroup, other, start); break;
                    case 2: f.Exit(pid, start, at); break;
                    case 3: f.Table.Resolve(new(at, cgroup, pid, pid, start)); break;
                    case 4: f.Table.MarkNetworkFacing(new(pid, start)); break;
                    default: f.Table.OnIdle(); break;
                }
            }
            // 6 pids with 7 starts each, and what the bound of exited ones keeps of them.
            Assert.InRange(f.Table.Count, 0, 6 * 7 + 16);
            for (uint pid = 0; pid < 6; pid++)
                _ = f.Table.Find(pid, 0);
        });
}
