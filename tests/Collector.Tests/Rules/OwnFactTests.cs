using System.Net;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Rules;
using Xunit;

namespace Runtime.Collector.Tests.Rules;

/// <summary>What conditions say of observations, and what a fact then tells.</summary>
public sealed class OwnFactTests
{
    private static readonly ContainerInfo Container = ObservationBuilder.Container("c1", "web-1");
    private readonly ObservationBuilder _builder = new();
    private readonly IReadOnlyList<ProcessInfo> _nginx;

    public OwnFactTests() => _nginx = _builder.Process("/usr/sbin/nginx", flags: ProcessFlags.NetworkFacing);

    [Theory]
    [InlineData("{ field: program, is: id }", true)]
    [InlineData("{ field: program, is: ID }", false)]
    [InlineData("{ field: program, in: [ls, id] }", true)]
    [InlineData("{ field: binary, like: \"*/i?\" }", true)]
    [InlineData("{ field: binary, like: \"i?\" }", false)]
    [InlineData("{ field: binary, under: /usr }", true)]
    [InlineData("{ field: binary, under: /us }", false)]
    [InlineData("{ field: binary, under: /usr/bin/id }", true)]
    [InlineData("{ field: argument, is: -u }", true)]
    [InlineData("{ field: argument, is: id }", false)] // argv[0]
    [InlineData("{ field: parent, is: /usr/sbin/nginx }", true)]
    [InlineData("{ field: ancestor, like: \"*nginx\" }", true)]
    [InlineData("{ field: ancestor, like: \"*id\" }", false)]
    [InlineData("{ field: uid, is: 0 }", true)]
    [InlineData("{ field: uid, from: 1 }", false)]
    [InlineData("{ field: uid, to: 0 }", true)]
    [InlineData("{ field: phase, is: steady }", true)]
    [InlineData("{ field: phase, in: [init, session] }", false)]
    [InlineData("{ field: upper_layer, is: yes }", true)]
    [InlineData("{ field: memfd, is: no }", true)]
    [InlineData("{ field: host, is: yes }", false)]
    [InlineData("{ field: namespace, is: shop }", true)]
    [InlineData("{ field: image, like: \"docker.io/*nginx:*\" }", true)]
    [InlineData("{ field: script, like: \"*\" }", false)] // it has none
    public void Condition_OfAnExec_Holds(string condition, bool holds)
    {
        var exec = _builder.Exec(Container, _builder.Process("/usr/bin/id", _nginx, flags: ProcessFlags.UpperLayer, arguments: ["id", "-u"]));
        Assert.Equal(holds, Fact("exec", $"all: [{condition}]").Holds(exec));
        Assert.False(Fact("file", "all: [{ field: node, like: \"*\" }]").Holds(exec));
    }

    [Theory]
    [InlineData("{ field: remote_port, is: 8443 }", true)]
    [InlineData("{ field: remote_port, in: [1, 2] }", false)]
    [InlineData("{ field: remote_port, from: 8000, to: 9000 }", true)]
    [InlineData("{ field: remote_address, under: 203.0.113.0/24 }", true)]
    [InlineData("{ field: remote_address, is: 203.0.113.7 }", true)]
    [InlineData("{ field: remote_address, is: 203.0.113.8 }", false)]
    [InlineData("{ field: remote_address, is: \"::1\" }", false)]
    [InlineData("{ field: local_address, under: 0.0.0.0/0 }", false)] // not known
    [InlineData("{ field: name, under: example.org }", true)]
    [InlineData("{ field: name, is: api.Example.org }", true)]
    [InlineData("{ field: name, under: ample.org }", false)]
    [InlineData("{ field: name, like: \"api.*\" }", true)]
    [InlineData("{ field: operation, is: connect }", true)]
    [InlineData("{ field: peer, is: public }", true)]
    [InlineData("{ field: payload, is: tls }", false)]
    public void Condition_OfAConnection_Holds(string condition, bool holds) =>
        Assert.Equal(holds, Fact("network", $"any: [{condition}]").Holds(_builder.Connect(Container, _nginx, "203.0.113.7", 8443) with { Name = "API.example.org." }));

    [Fact]
    public void Condition_OfEachOtherKind_Holds()
    {
        var file = _builder.File(Container, _nginx, "/data/wallet.json", FileOperation.SensitiveRead);
        Assert.True(Fact("file", "all: [{ field: operation, is: sensitive_read }, { field: path, under: /data }, { field: executable, is: no }]").Holds(file));
        var privilege = new PrivilegeObservation
        {
            Scope = file.Scope, AgentId = "a", Node = "n", Container = Container, First = file.First, Last = file.Last, Lineage = _nginx, Operation = PrivilegeOperation.Ptrace, Value = 16, Subject = "/bin/x",
        };
        Assert.True(Fact("privilege", "all: [{ field: operation, is: ptrace }, { field: value, is: 16 }, { field: subject, is: /bin/x }, { field: error, is: 0 }]").Holds(privilege));
        var binary = new BinaryObservation { Scope = file.Scope, AgentId = "a", Node = "n", Container = Container, First = file.First, Last = file.Last, Lineage = _nginx, Path = "/x", Sha256 = "ab", Traits = BinaryTraits.Packed };
        Assert.True(Fact("binary", "all: [{ field: sha256, in: [ab, cd] }, { field: packed, is: yes }]").Holds(binary));
        var managed = new ManagedObservation { Scope = file.Scope, AgentId = "a", Node = "n", Container = Container, First = file.First, Last = file.Last, Lineage = _nginx, Operation = ManagedOperation.AssemblyMemory, Name = "Evil" };
        Assert.True(Fact("managed", "all: [{ field: operation, is: assembly_memory }, { field: name, is: Evil }]").Holds(managed));
    }

    [Theory]
    [InlineData("all: [{ field: uid, is: 0 }, { field: gid, is: 1 }]", false)]
    [InlineData("any: [{ field: uid, is: 1 }, { field: gid, is: 0 }]", true)]
    [InlineData("any: [{ field: uid, is: 1 }, { field: gid, is: 1 }]", false)]
    [InlineData("all: [{ field: uid, is: 0 }]\n    none: [{ field: gid, is: 0 }]", false)]
    [InlineData("all: [{ field: uid, is: 0 }]\n    none: [{ field: gid, is: 1 }]", true)]
    [InlineData("all: [{ field: uid, is: 1 }]\n    any: [{ field: gid, is: 0 }]", false)]
    public void AllAnyAndNone_AreToHoldTogether(string conditions, bool holds) =>
        Assert.Equal(holds, Fact("exec", conditions).Holds(_builder.Exec(Container, _nginx)));

    [Fact]
    public void Words_NameFieldsWithWhatIsInThem_Escaped()
    {
        var rules = RulesFileTests.Parse("""
            version: 1
            own:
              - name: odd_read
                kind: file
                severity: high
                technique: T1552.001
                words: "{program} of uid {uid} read {path} by {script}, upper layer: {upper_layer}"
                all: [{ field: path, under: /data }]
            """);
        var told = TierZero.Judge(_builder.File(Container, _nginx, "/data/a\nb", FileOperation.SensitiveRead), rules)!;
        Assert.Equal(("odd_read", "nginx of uid 0 read /data/a\\x0ab by ?, upper layer: no", "T1552.001", Severity.High), (told.Rule, told.Words, told.Technique, told.Severity));
        Assert.Null(TierZero.Judge(_builder.File(Container, _nginx, "/srv/a", FileOperation.SensitiveRead), rules));
    }

    [Fact]
    public void Switch_OfEachFact_SilencesThatOneAlone()
    {
        var memfd = _builder.Exec(Container, _builder.Process("memfd:x (deleted)", _nginx, flags: ProcessFlags.Memfd | ProcessFlags.Deleted | ProcessFlags.StdinSocket, arguments: ["sh"]));
        var preload = _builder.File(Container, _nginx, "/etc/ld.so.preload", FileOperation.Write);
        var rules = RulesFileTests.Parse("version: 1\nfacts: { memfd_exec: off }");
        Assert.Equal(TierZero.Memfd, TierZero.Judge(memfd)?.Rule);
        Assert.Null(TierZero.Judge(memfd, rules));
        Assert.Equal(TierZero.LoaderPreload, TierZero.Judge(preload, rules)?.Rule);

        // What another fact says too is still told.
        var sh = memfd with { Lineage = [memfd.Process with { Binary = "/bin/sh" }, .. _nginx] };
        Assert.Equal((TierZero.Memfd, TierZero.ShellOnSocket), (TierZero.Judge(sh)?.Rule, TierZero.Judge(sh, rules)?.Rule));
    }

    private static OwnFact Fact(string kind, string conditions) => RulesFileTests.Parse($"""
        version: 1
        own:
          - name: some_fact
            kind: {kind}
            severity: high
            words: told
            {conditions}
        """).Own.Single();
}
