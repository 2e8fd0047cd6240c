using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Xunit;

namespace Runtime.Collector.Tests.Detection;

public sealed class EvidenceTests
{
    private static readonly ContainerInfo Container = ObservationBuilder.Container("c1", "web-1");
    private readonly ObservationBuilder _builder = new();
    private readonly IReadOnlyList<ProcessInfo> _nginx;

    public EvidenceTests() => _nginx = _builder.Process("/usr/sbin/nginx", flags: ProcessFlags.NetworkFacing);

    [Theory]
    [InlineData("/bin/cat", "common_tool", 1.5)]
    [InlineData("/usr/bin/convert", "new_program", 2)]
    [InlineData("/bin/sh", "shell_of_server", 20)]
    [InlineData("/usr/bin/python3.11", "shell_of_server", 20)]
    [InlineData("/usr/bin/curl", "downloader", 15)]
    [InlineData("/usr/bin/apt-get", "installer", 30)]
    [InlineData("/usr/bin/gcc", "builder", 10)]
    [InlineData("/tmp/x", "odd_place", 60)]
    [InlineData("/usr/bin/.sshd", "odd_place", 60)]
    [InlineData("/root/.../x", "odd_place", 60)]
    [InlineData("/opt/app/.venv/bin/tool", "new_program", 2)]
    [InlineData("/usr/bin/kworker", "masquerade", 80)]
    public void Exec_OfAServerInSteadyPhase_FallsIntoItsClass(string binary, string expectedClass, double expected)
    {
        var assessment = ExecEvidence.Assess(_builder.Exec(Container, _builder.Process(binary, _nginx)), default);
        Assert.Equal(expectedClass, assessment.Class);
        Assert.Equal(expected, assessment.EValue, 1e-9);
    }

    [Fact]
    public void Exec_ShellBelowAShell_SaysNothingNew()
    {
        var shell = _builder.Process("/bin/sh", _nginx, flags: ProcessFlags.NetworkFacing);
        var assessment = ExecEvidence.Assess(_builder.Exec(Container, _builder.Process("/bin/bash", shell)), new Surroundings { BelowDeviation = true });
        Assert.Equal("common_tool", assessment.Class);
        Assert.True(assessment.IsConsequence);
    }

    [Fact]
    public void Exec_ShellOfATool_ThatWasMadeToRunIt_IsToldSo()
    {
        var shell = _builder.Process("/bin/sh", _builder.Process("/bin/bash"));
        Assert.Equal(("run_by_proxy", 30), Class(_builder.Process("/bin/sh", _builder.Process("/usr/bin/tar", shell))));
        Assert.Equal(("shell_of_relay", 300), Class(_builder.Process("/bin/sh", _builder.Process("/usr/bin/socat", shell))));
        Assert.Equal(("common_tool", 1.5), Class(_builder.Process("/bin/gzip", _builder.Process("/usr/bin/tar", shell))));
        Assert.Equal(("common_tool", 1.5), Class(_builder.Process("/bin/sh", _builder.Process("/usr/bin/xargs", shell))));
        Assert.Equal(("piped_shell", 30), Class(_builder.Process("/bin/sh", shell, flags: ProcessFlags.StdinPipe, arguments: ["sh", "-i"])));

        (string, double) Class(IReadOnlyList<ProcessInfo> process) => ExecEvidence.Assess(_builder.Exec(Container, process), default) is var a ? (a.Class, a.EValue) : default;
    }

    [Theory]
    [InlineData("/usr/bin/ps", "/proc/1/environ", 2)]
    [InlineData("/bin/cat", "/proc/1/environ", 20)]
    [InlineData("/usr/bin/ps", "/proc/1/mem", 20)]
    [InlineData("/bin/cat", "/var/run/secrets/kubernetes.io/serviceaccount/token", 20)]
    [InlineData("/bin/cat", "/root/.ssh/id_rsa", 60)]
    [InlineData("/bin/cat", "/var/lib/rabbitmq/.erlang.cookie", 60)] // C20
    [InlineData("/bin/cat", "/etc/shadow", 60)]
    [InlineData("/usr/sbin/cron", "/etc/shadow", 2)]
    [InlineData("/usr/sbin/cron", "/root/.ssh/id_rsa", 60)]
    public void Secret_Read_WeighsByWhatItIsAndWhoReads(string binary, string path, double expected) =>
        Assert.Equal(expected, FileEvidence.Assess(_builder.File(Container, _builder.Process(binary), path, FileOperation.SensitiveRead), default).EValue);

    [Theory]
    [InlineData("/var/lib/rabbitmq/.erlang.cookie", "credentials")]
    [InlineData("/home/bob/.git-credentials", "credentials")]
    [InlineData("/root/.aws/credentials", "cloud-credentials")]
    [InlineData("/etc/kubernetes/pki/ca.key", "cluster-credentials")]
    [InlineData("/srv/data/ours", "/srv/data/ours")]
    public void Secret_HasAClass_SoThatItsKindIsOneItem(string path, string expected) => Assert.Equal(expected, Places.SensitiveClass(path));

    [Theory]
    [InlineData("/usr/bin/psql", 0, 2)] // pg_wrapper, which asks for the account
    [InlineData("/usr/bin/psql", ProcessFlags.UpperLayer, 60)] // a Perl of the intruder's own
    [InlineData("/tmp/x.pl", 0, 60)]
    [InlineData("", 0, 60)] // perl -e
    public void Hashes_ReadByPerl_WeighByItsScript(string script, object flags, double expected) => Assert.Equal(
        expected, FileEvidence.Assess(_builder.File(Container, _builder.Process("/usr/bin/perl", flags: (ProcessFlags)(int)flags, script: script), "/etc/shadow", FileOperation.SensitiveRead), default).EValue);

    [Theory]
    [InlineData("/usr/bin/curl", 60, Severity.Critical)]
    [InlineData("/app/server", 15, Severity.High)]
    public void Metadata_WeighsByWhoAsks(string binary, double expected, object gravity)
    {
        var assessment = NetworkEvidence.Assess(_builder.Connect(Container, _builder.Process(binary), "169.254.169.254", 80), PeerKind.Metadata, default);
        Assert.Equal((expected, (Severity)gravity), (assessment.EValue, assessment.Gravity));
    }

    [Theory]
    [InlineData("/bin/bash", 203, "shell_connects", 80)]
    [InlineData("/usr/bin/curl", 203, "public_peer", 4)]
    [InlineData("/bin/bash", 127, "self_peer", 0.5)]
    public void Egress_OfAShellItself_StandsOut(string binary, int first, string expectedClass, double expected)
    {
        var connect = _builder.Connect(Container, _builder.Process(binary), $"{first}.0.113.7", 443);
        var assessment = NetworkEvidence.Assess(connect, Peers.KindOf(connect), default);
        Assert.Equal((expectedClass, expected), (assessment.Class, assessment.EValue));
    }

    [Theory]
    [InlineData("/usr/bin/ping", ProcessFlags.None, "ping_socket", 2)]
    [InlineData("/tmp/ping", ProcessFlags.UpperLayer, "raw_socket", 60)]
    [InlineData("/usr/bin/perl", ProcessFlags.None, "raw_socket", 60)]
    public void RawSocket_OfAPingOfTheImage_IsAnEchos(string binary, object flags, string expectedClass, double expected)
    {
        var socket = _builder.Connect(Container, _builder.Process(binary, flags: (ProcessFlags)flags), "127.0.0.1", 0) with { Operation = NetworkOperation.RawSocket, RemoteAddress = null, Name = "raw 1" };
        var assessment = NetworkEvidence.Assess(socket, PeerKind.Self, default);
        Assert.Equal((expectedClass, expected), (assessment.Class, assessment.EValue));
    }

    [Fact]
    public void Exec_ShellOfAServerThatStartsNothing_WeighsThreeTimes() => Assert.Equal(
        60, ExecEvidence.Assess(_builder.Exec(Container, _builder.Process("/bin/sh", _nginx)), new Surroundings { ParentStartsNothing = true }).EValue);

    [Theory]
    [InlineData(ProcessFlags.UpperLayer, "upper_layer", 40)]
    [InlineData(ProcessFlags.Deleted, "deleted", 30)]
    [InlineData(ProcessFlags.Memfd, "memfd", 60)]
    public void Exec_Flags_FallIntoTheirClass(object flags, string expectedClass, double expected)
    {
        var assessment = ExecEvidence.Assess(_builder.Exec(Container, _builder.Process("/opt/x", _nginx, flags: (ProcessFlags)flags)), default);
        Assert.Equal((expectedClass, expected), (assessment.Class, assessment.EValue));
    }

    [Fact]
    public void Exec_WrittenByAnother_WeighsAsDropped()
    {
        var assessment = ExecEvidence.Assess(_builder.Exec(Container, _builder.Process("/opt/x", _nginx)), new Surroundings { WrittenBy = new("/usr/bin/curl", 71, TimeSpan.FromSeconds(4)) });
        Assert.Equal(("dropped", 60.0), (assessment.Class, assessment.EValue));
        Assert.Contains("written by /usr/bin/curl (process 71) 4 s before, and run by ", assessment.Evidence[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Phase.Session, false, 0.3)]
    [InlineData(Phase.Init, false, 0.3)]
    [InlineData(Phase.Steady, true, 0.2)]
    [InlineData(Phase.Init, true, 0.2)] // the strongest explanation alone
    [InlineData(Phase.Steady, false, 1)]
    public void Exec_Explanations_Multiply(object phase, bool probation, double factor)
    {
        var assessment = ExecEvidence.Assess(
            _builder.Exec(Container, _builder.Process("/tmp/x", _nginx, (Phase)phase)), new Surroundings { OnProbation = probation });
        Assert.Equal(60 * factor, assessment.EValue, 1e-9);
    }

    [Fact]
    public void Exec_UpperLayerOnANewImage_IsNotExplainedByTheImage() => Assert.Equal(
        40, ExecEvidence.Assess(_builder.Exec(Container, _builder.Process("/opt/x", _nginx, flags: ProcessFlags.UpperLayer)), new Surroundings { OnProbation = true }).EValue);

    [Theory]
    [InlineData("/tmp/x", (int)Phase.Steady, 500)]
    [InlineData("/tmp/x", (int)Phase.Init, 500)]
    [InlineData("/tmp/x", (int)Phase.Session, 18)]
    [InlineData("/opt/x", (int)Phase.Init, 40)]
    public void Exec_DroppedIntoTheContainer_IsNotExplainedByItsStart(string binary, int phase, double value) => Assert.Equal(
        value, ExecEvidence.Assess(_builder.Exec(Container, _builder.Process(binary, _nginx, (Phase)phase, ProcessFlags.UpperLayer)), default).EValue, 1e-9);

    [Fact]
    public void Exec_SeveralClasses_TheStrongestWeighsAndTheOthersAreTold()
    {
        var assessment = ExecEvidence.Assess(
            _builder.Exec(Container, _builder.Process("/tmp/nginx", _nginx, flags: ProcessFlags.UpperLayer)), new Surroundings { KnownElsewhere = "/usr/sbin/nginx" });
        Assert.Equal("dropped_program", assessment.Class);
        Assert.Equal(4, assessment.Evidence.Count);
        Assert.Equal(assessment.EValue, assessment.Evidence.Aggregate(1.0, (product, evidence) => product * evidence.Factor), 1e-9);
    }

    [Theory]
    [InlineData("/var/lib/app/x", FileOperation.Create, "data_file", 0.5)]
    [InlineData("/app/x", FileOperation.Write, "other_file", 1)]
    [InlineData("/usr/bin/ps", FileOperation.Rename, "system_file", 60)]
    [InlineData("/etc/cron.d/x", FileOperation.Create, "system_file", 90)]
    [InlineData("/root/.ssh/authorized_keys", FileOperation.Write, "system_file", 90)]
    [InlineData("/etc/cron.d/x", FileOperation.Unlink, "other_file", 1)]
    [InlineData("/root/.bash_history", FileOperation.Unlink, "history_cleared", 30)]
    [InlineData("/root/.bash_history", FileOperation.Symlink, "history_cleared", 30)]
    [InlineData("/root/.bash_history", FileOperation.Write, "other_file", 1)]
    [InlineData("/tmp/x", FileOperation.ChmodExecutable, "made_executable", 25)]
    [InlineData("/srv/www/up/x.php", FileOperation.Create, "web_script", 25)]
    [InlineData("/etc/shadow", FileOperation.SensitiveRead, "secret_read", 60)]
    public void File_Place_FallsIntoItsClass(string path, object operation, string expectedClass, double expected)
    {
        var assessment = FileEvidence.Assess(_builder.File(Container, _nginx, path, (FileOperation)operation), default);
        Assert.Equal((expectedClass, expected), (assessment.Class, assessment.EValue));
    }

    [Theory]
    [InlineData((int)Phase.Steady, 25)]
    [InlineData((int)Phase.Host, 15)]
    [InlineData((int)Phase.Init, 4.5)]
    public void File_MadeExecutable_WeighsMoreWhereItServes(int phase, double expected) => Assert.Equal(
        expected, FileEvidence.Assess(_builder.File(Container, _builder.Process("/usr/bin/chmod", _nginx, (Phase)phase), "/tmp/x", FileOperation.ChmodExecutable), default).EValue, 1e-9);

    [Theory]
    [InlineData("/etc/cron.d/x", FileOperation.Create, Severity.High)]
    [InlineData("/root/.ssh/authorized_keys", FileOperation.Write, Severity.High)]
    [InlineData("/root/.aws/credentials", FileOperation.SensitiveRead, Severity.High)]
    [InlineData("/etc/pam.d/sshd", FileOperation.Write, Severity.Critical)]
    [InlineData("/proc/7/mem", FileOperation.SensitiveWrite, Severity.Critical)]
    [InlineData("/proc/7/environ", FileOperation.SensitiveRead, Severity.Medium)]
    [InlineData("/tmp/x", FileOperation.ChmodExecutable, Severity.Medium)]
    [InlineData("/app/x", FileOperation.Write, Severity.Medium)]
    public void File_ByWhichSecretsAreOutOrSomebodyStays_IsGrave(string path, object operation, object gravity) =>
        Assert.Equal((Severity)gravity, FileEvidence.Assess(_builder.File(Container, _nginx, path, (FileOperation)operation), default).Gravity);

    [Theory]
    [InlineData("/etc/pam.d/sshd", "credential-access")]
    [InlineData("/etc/cron.d/x", "persistence")]
    [InlineData("/root/.bash_history", "defense-evasion")]
    public void File_OfAKnownWay_HasItsTactic(string path, string tactic) => Assert.Equal(
        tactic, Techniques.Tactic(FileEvidence.Assess(_builder.File(Container, _nginx, path, FileOperation.Truncate), default).Evidence[0].Technique));

    [Theory]
    [InlineData("/etc/shadow", "/tmp/x", FileOperation.Link, "secret_renamed", 30)]
    [InlineData("/root/.aws/credentials", "/tmp/x", FileOperation.Rename, "secret_renamed", 30)]
    [InlineData("/etc/shadow+", "/etc/shadow", FileOperation.Rename, "system_file", 90)] // as passwd writes it
    [InlineData("/app/a", "/app/b", FileOperation.Link, "other_file", 1)]
    [InlineData("/etc/shadow", "/tmp/x", FileOperation.Symlink, "data_file", 0.5)] // a read through it names the file itself
    public void File_OtherName_FallsIntoItsClass(string from, string to, object operation, string expectedClass, double expected)
    {
        var assessment = FileEvidence.Assess(_builder.File(Container, _nginx, to, (FileOperation)operation) with { OtherPath = from }, default);
        Assert.Equal((expectedClass, expected), (assessment.Class, assessment.EValue));
    }

    [Theory]
    [InlineData("203.0.113.7", 443, false, "public_peer", 4)]
    [InlineData("203.0.113.7", 3333, false, "pool_port", 20)]
    [InlineData("203.0.113.7", 3333, true, "public_peer", 4)] // a program that connects out anyway
    [InlineData("10.5.5.5", 9050, true, "proxy_port", 15)]
    [InlineData("169.254.169.254", 80, true, "metadata", 15)]
    [InlineData("10.5.5.5", 5432, false, "private_peer", 1)]
    [InlineData("127.0.0.1", 3333, false, "self_peer", 0.5)]
    public void Egress_Peer_FallsIntoItsClass(string address, int port, bool hasEgress, string expectedClass, double expected)
    {
        var connect = _builder.Connect(Container, _nginx, address, port);
        var assessment = NetworkEvidence.Assess(connect, Peers.KindOf(connect), new Surroundings { HasEgress = hasEgress });
        Assert.Equal((expectedClass, expected), (assessment.Class, assessment.EValue));
    }

    [Theory]
    [InlineData("a\nb", "a\\x0ab")]
    [InlineData("\u001b[31mred", "\\x1b[31mred")]
    [InlineData("pay\u202egnp.exe", "pay\\u202egnp.exe")]
    [InlineData("/srv/größe", "/srv/größe")]
    [InlineData("back\\slash", "back\\slash")]
    public void Escape_Table(string text, string expected) => Assert.Equal(expected, DisplayText.Escape(text));

    [Fact]
    public void Escape_LoneSurrogate_BecomesVisible() => Assert.Equal("x\ufffdy", DisplayText.Escape("x\ud800y"));

    [Fact]
    public void Shorten_BetweenSurrogates_CutsBeforeThePair() => Assert.Equal("ab…", DisplayText.Shorten("ab\U0001F600cd", 4));
}
