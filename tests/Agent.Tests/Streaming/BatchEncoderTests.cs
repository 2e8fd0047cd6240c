using System.Text;
using CsCheck;
using Google.Protobuf;
using Runtime.Agent.Packages;
using Runtime.Agent.Processes;
using Runtime.Agent.Reduction;
using Runtime.Agent.Streaming;
using Runtime.Agent.Tests.Reduction;
using Runtime.V1;
using Xunit;
using PackageVerdict = Runtime.Agent.Packages.PackageVerdict;
using Phase = Runtime.Agent.Processes.Phase;

namespace Runtime.Agent.Tests.Streaming;

public sealed class BatchEncoderTests
{
    [Fact]
    public void Build_FactsOfEveryKind_StandByThemselves()
    {
        var first = Facts.Process(10, Facts.Process(9, phase: Phase.Host, binary: "/usr/bin/containerd-shim"), binary: "/init", arguments: "init\0--x");
        var process = Facts.Process(11, first, binary: "/bin/app");
        var encoder = new BatchEncoder(new TestClock(), 1000, 1 << 20);
        Assert.True(encoder.TryAdd(Facts.Exec(process: process)));
        Assert.True(encoder.TryAdd(new ExitFact { Process = process, Container = Facts.Container("c1"), FirstUnixNs = 5000, LastUnixNs = 5000, Code = 3, Signal = 9, RunTimeNs = 77 }));
        Assert.True(encoder.TryAdd(Facts.File("/a/b")));
        Assert.True(encoder.TryAdd(Facts.Network()));
        encoder.Add(new LossFact(Facts.Container("c1"), false, "file", "ring_full", 12, 1, 2));
        encoder.Add(new LossFact(null, true, "process", "queue_full", 3, 1, 2));

        var batch = Batch.Parser.ParseFrom(encoder.Build(5).ToByteArray());
        Assert.Equal(5ul, batch.Sequence);
        Assert.Equal("", batch.Strings[0].ToStringUtf8());
        Assert.Equal("c1", Assert.Single(batch.Containers).Id);
        Assert.Equal("web", batch.Containers[0].PodLabels["app"]);

        // The shim is no part of the container; its child comes before its own child.
        Assert.Equal([10u, 11u, 100u], batch.Processes.Pid);
        Assert.Equal([0u, 1u, 0u], batch.Processes.Parent);
        Assert.All(batch.Processes.Container, c => Assert.Equal(1u, c));
        Assert.Equal("/init", Text(batch, batch.Processes.Binary[0]));
        Assert.Equal("init\0--x", Text(batch, batch.Processes.Arguments[0]));
        Assert.Equal(new TestClock().ToUnixNs(10_000), (long)batch.BaseUnixNs + batch.Processes.ExecTime[0]);

        Assert.Equal(2u, batch.Execs.Process[0]);
        Assert.Equal(1_100, (long)batch.BaseUnixNs + batch.Execs.First[0]);
        Assert.Equal((3u, 9u, 77ul), (batch.Exits.Code[0], batch.Exits.Signal[0], batch.Exits.RunTimeNs[0]));
        Assert.Equal("/a/b", Text(batch, batch.Files.Path[0]));
        Assert.Equal(batch.Files.Path[0], batch.Files.Template[0]);
        Assert.Equal([1, 1, 1, 1], batch.Strings[(int)batch.Networks.RemoteAddress[0]].ToByteArray());
        Assert.Equal([(1u, false, 12ul), (0u, true, 3ul)], batch.Losses.Select(l => (l.Container, l.Host, l.Count)));
    }

    [Fact]
    public void TryAdd_Binary_TellsItsPackage()
    {
        var package = new PackageName("curl"u8.ToArray(), "7.88.1-10"u8.ToArray(), "amd64"u8.ToArray());
        var encoder = new BatchEncoder(new TestClock(), 1000, 1 << 20);
        var fact = new BinaryFact
        {
            Process = Facts.Process(), Container = Facts.Container("c1"), FirstUnixNs = 1_000, LastUnixNs = 1_000, Path = "/usr/bin/curl"u8.ToArray(), File = default, Sha256 = new byte[32],
            Package = new(PackageVerdict.Mismatch, PackageFlags.DatabaseOfImage | PackageFlags.FileOfImage, package, "debian 12"u8.ToArray()),
        };
        Assert.True(encoder.TryAdd(fact));
        Assert.True(encoder.TryAdd(fact with { Package = PackageFinding.None }));
        var batch = Batch.Parser.ParseFrom(encoder.Build(1).ToByteArray());
        var rows = batch.Binaries;
        Assert.Equal([4u, 0u], rows.PackageVerdict);
        Assert.Equal([3u, 0u], rows.PackageFlags);
        Assert.Equal(["curl", ""], rows.PackageName.Select(i => Text(batch, i)));
        Assert.Equal(["7.88.1-10", ""], rows.PackageVersion.Select(i => Text(batch, i)));
        Assert.Equal(["amd64", ""], rows.PackageArchitecture.Select(i => Text(batch, i)));
        Assert.Equal(["debian 12", ""], rows.Distribution.Select(i => Text(batch, i)));
    }

    /// <summary>Until all runtimes have said no, a host's odd cgroup may be a container: the runtime in it is no part of the one that it starts.</summary>
    [Fact]
    public void TryAdd_RuntimeInAPossibleContainer_StaysOutside()
    {
        var runtime = Facts.Process(9, binary: "/usr/sbin/runc", container: "session-7");
        var first = Facts.Process(10, runtime, Phase.Init, "/bin/httpd");
        var encoder = new BatchEncoder(new TestClock(), 1000, 1 << 20);
        Assert.True(encoder.TryAdd(Facts.Exec(process: first)));
        var batch = encoder.Build(1);
        Assert.Equal([10u], batch.Processes.Pid);
        Assert.Equal([0u], batch.Processes.Parent);
    }

    [Fact]
    public void TryAdd_DeepLineage_KeepsSixteenAncestors()
    {
        ProcessRecord? process = null;
        for (uint pid = 1; pid <= 40; pid++)
            process = Facts.Process(pid, process);
        var encoder = new BatchEncoder(new TestClock(), 1000, 1 << 20);
        Assert.True(encoder.TryAdd(Facts.Exec(process: process)));
        var batch = encoder.Build(1);
        Assert.Equal(17, batch.Processes.Pid.Count);
        Assert.Equal(24u, batch.Processes.Pid[0]);
        Assert.Equal(17u, batch.Execs.Process[0]);
    }

    /// <summary>A runtime's own writes once came under the container above whose first process it stood in the same batch.</summary>
    [Fact]
    public void TryAdd_FactOfAContainersAncestor_StaysTheHosts()
    {
        var runtime = Facts.Process(9, binary: "/usr/bin/containerd");
        var encoder = new BatchEncoder(new TestClock(), 1000, 1 << 20);
        Assert.True(encoder.TryAdd(Facts.Exec(process: Facts.Process(10, runtime)) with { Container = Facts.Container("c1") }));
        Assert.True(encoder.TryAdd(Facts.File("/run/state") with { Process = runtime, Container = null }));

        var batch = encoder.Build(1);

        Assert.Equal(0u, batch.Processes.Container[(int)batch.Files.Process[0] - 1]);
        Assert.Equal(1u, batch.Processes.Container[(int)batch.Execs.Process[0] - 1]);
    }

    [Fact]
    public void TryAdd_Rows_AreBounded()
    {
        var encoder = new BatchEncoder(new TestClock(), 3, 1 << 20);
        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(i => encoder.TryAdd(Facts.Exec((uint)i))));
    }

    [Fact]
    public void TryAdd_TooLargeAlone_IsRefusedAndTheBatchStaysEmpty()
    {
        var encoder = new BatchEncoder(new TestClock(), 1000, 1000);
        Assert.False(encoder.TryAdd(Facts.File(new string('a', 2000))));
        Assert.True(encoder.IsEmpty);
        Assert.Empty(encoder.Build(1).Processes.Pid);
    }

    [Fact]
    public void TryAdd_AnyFacts_FitTheBoundAndResolve() =>
        Gen.Select(Gen.Int[300, 8000], Gen.Select(Gen.Int[0, 2], Gen.Byte.Array[0, 900], Gen.UInt[1, 6], Gen.Int[0, 3]).Array[0, 60]).Sample(
            (maxBytes, rows) =>
            {
                var encoder = new BatchEncoder(new TestClock(), 1000, maxBytes);
                var added = 0;
                foreach (var (kind, bytes, pid, container) in rows)
                {
                    var process = Facts.Process(pid, Facts.Process(pid + 10), arguments: Convert.ToHexString(bytes));
                    Fact fact = kind switch
                    {
                        0 => Facts.Exec(process: process) with { Container = Facts.Container(container == 0 ? "" : "c" + container) },
                        1 => Facts.File() with { Path = bytes, Template = bytes, Process = process },
                        _ => Facts.Network() with { Process = process },
                    };
                    added += encoder.TryAdd(fact) ? 1 : 0;
                }
                var batch = Batch.Parser.ParseFrom(encoder.Build(1).ToByteArray());
                Assert.True(batch.CalculateSize() <= maxBytes, $"{batch.CalculateSize()} > {maxBytes}");
                Assert.Equal(added, batch.Execs.First.Count + batch.Files.First.Count + batch.Networks.First.Count);
                Assert.All(batch.Processes.Parent.Index(), p => Assert.True(p.Item <= p.Index));
                Assert.All(batch.Processes.Arguments.Concat(batch.Files.Path), s => Assert.True(s < batch.Strings.Count));
                Assert.All(batch.Processes.Container, c => Assert.True(c <= batch.Containers.Count));
            },
            iter: 300);

    [Fact]
    public void Add_SameContainerBetterKnown_ReplacesTheFirst()
    {
        var encoder = new BatchEncoder(new TestClock(), 10, 1 << 20);
        Assert.True(encoder.TryAdd(Facts.Exec() with { Container = FakeContainers.Record("c", complete: false) }));
        Assert.True(encoder.TryAdd(Facts.Exec() with { Container = FakeContainers.Record("c") }));
        Assert.True(Assert.Single(encoder.Build(1).Containers).Complete);
    }

    private static string Text(Batch batch, uint index) => Encoding.UTF8.GetString(batch.Strings[(int)index].Span);
}
