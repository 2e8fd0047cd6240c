using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Tests.Scopes;
using Xunit;

namespace Runtime.Collector.Tests.Detection;

public sealed class LoadingEvidenceTests
{
    private static readonly ContainerInfo Container = ObservationBuilder.Container("c1", "web-1");
    private readonly ObservationBuilder _builder = new();
    private readonly IReadOnlyList<ProcessInfo> _nginx;

    public LoadingEvidenceTests() => _nginx = _builder.Process("/usr/sbin/nginx", flags: ProcessFlags.NetworkFacing);

    [Theory]
    [InlineData("LD_PRELOAD=/tmp/a.so", 1000, "T1574.006")]
    [InlineData("LD_PRELOAD=/usr/lib/libjemalloc.so.2:/dev/shm/a.so", 1000, "T1574.006")]
    [InlineData("LD_AUDIT=/opt/.x/a.so", 15, "T1574.006")]
    [InlineData("LD_PRELOAD=/usr/lib/x86_64-linux-gnu/libjemalloc.so.2", 15, "T1574.006")]
    [InlineData("DOTNET_STARTUP_HOOKS=/var/tmp/hook.dll", 200, "T1574")]
    [InlineData("CORECLR_PROFILER_PATH=/tmp/p.so", 200, "T1574.012")]
    [InlineData("JAVA_TOOL_OPTIONS=-javaagent:/tmp/agent.jar", 200, "T1574")]
    [InlineData("NODE_OPTIONS=--require=/dev/shm/a.js", 200, "T1574")]
    [InlineData("JAVA_TOOL_OPTIONS=-Xmx512m -XX:+UseG1GC", 2, "T1574")]
    [InlineData("LD_LIBRARY_PATH=/usr/local/nvidia/lib64:/usr/local/cuda/lib64", 2, "T1574.006")]
    [InlineData("LD_LIBRARY_PATH=/tmp", 12, "T1574.006")]
    [InlineData("PYTHONPATH=/app/src", 2, "T1574")]
    public void Variable_WeighsByWhatItLoadsFromWhere(string variable, double expected, string technique)
    {
        var assessment = LoadingEvidence.OfVariable(_builder.Exec(Container, _builder.Process("/usr/bin/tool", _nginx)), variable, default);
        Assert.Equal((expected, technique), (assessment.EValue, assessment.Evidence[0].Technique));
    }

    [Theory]
    [InlineData(true, 0, 60)] // eight variables of 128 KiB before an LD_PRELOAD
    [InlineData(true, 3000, 20)] // a JAVA_TOOL_OPTIONS of 3 KB
    [InlineData(false, 0, 3)] // the first process of a pod beside two hundred services
    public void Environment_ThatWasCutOff_WeighsByWhoMadeItSo(bool below, int kept, double expected)
    {
        var exec = Cut(below ? _nginx : [], kept);
        var assessment = LoadingEvidence.OfVariable(exec, LoadingEvidence.CutOff, default);
        Assert.Equal(expected, assessment.EValue);
        Assert.StartsWith("T1574", assessment.Evidence[0].Technique, StringComparison.Ordinal);
    }

    [Fact]
    public void Environment_ThatWasCutOff_IsToldWhereItBegan()
    {
        var first = Cut(_nginx, 0);
        Assert.Equal([LoadingEvidence.CutOff], LoadingEvidence.News(first));
        Assert.Empty(LoadingEvidence.News(_builder.Exec(Container, [first.Process with { Pid = 9 }, .. first.Lineage])));
        Assert.Empty(LoadingEvidence.News(_builder.Exec(Container, _builder.Process("/usr/bin/tool", first.Lineage))));
        Assert.Equal(["LD_PRELOAD=/a.so"], LoadingEvidence.News(_builder.Exec(Container, [first.Process with { LoaderVariables = ["LD_PRELOAD=/a.so"] }, .. first.Lineage])));
    }

    [Fact]
    public void Environment_OfAKnownProgramThatWasCutOff_AlertsAndIsNotLearntMeanwhile()
    {
        var web = new EngineWeb().Locked();
        var replica = web.Replicas[0];
        var chown = web.Builder.Process("/bin/chown", replica.Entrypoint, Phase.Init, arguments: ["chown", "nginx", "/var/cache/nginx"]);
        Assert.Empty(web.Apply(web.Builder.Exec(replica.Container, chown)).Deviations);

        var padded = chown[0] with { Pid = 77, Phase = Phase.Steady, Flags = ProcessFlags.LoaderVariablesTruncated };
        var outcome = web.Apply(web.Builder.Exec(replica.Container, [padded, .. replica.Nginx]));

        var deviation = Assert.Single(outcome.Deviations, deviation => deviation.Kind == "loading");
        Assert.Equal("/bin/chown was started with an environment too large to be looked through in shop/web: never seen in 72 h on 2 replicas", deviation.Title);
        Assert.Single(outcome.Alerts);
        Assert.Equal("pending", web.Item("loading", "/bin/chown|(environment cut off)")?.State.ToString().ToLowerInvariant());
    }

    private ExecObservation Cut(IReadOnlyList<ProcessInfo> parent, int kept)
    {
        var process = _builder.Process("/usr/bin/tool", parent, flags: ProcessFlags.LoaderVariablesTruncated)[0];
        return _builder.Exec(Container, [process with { LoaderVariables = kept > 0 ? ["JAVA_TOOL_OPTIONS=" + new string('x', kept)] : [] }, .. parent]);
    }

    [Fact]
    public void Payload_OfTheLoader_IsNamed()
    {
        var lineage = _builder.Process("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", _nginx);
        var exec = _builder.Exec(Container, [lineage[0] with { Payload = "/tmp/payload" }, .. _nginx]);
        var assessment = ExecEvidence.Assess(exec, default);
        Assert.Equal(("loader_dropped", 500), (assessment.Class, assessment.EValue));
        Assert.Contains("/tmp/payload", assessment.Evidence[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/tmp/x", "[kworker/0:1]", true)]
    [InlineData("/usr/bin/perl", "[bioset]", true)]
    [InlineData("/usr/bin/perl", "kworker/u8:2", true)]
    [InlineData("/tmp/x", "nginx", true)]
    [InlineData("/dev/shm/.x", "/usr/sbin/sshd", true)]
    [InlineData("/bin/busybox", "sh", false)]
    [InlineData("/bin/busybox", "httpd", false)]
    [InlineData("/usr/bin/bash", "-bash", false)]
    [InlineData("/usr/sbin/nginx", "nginx: worker process", false)]
    [InlineData("/usr/lib/postgresql/15/bin/postgres", "postgres: checkpointer", false)]
    [InlineData("/usr/sbin/mariadbd", "mysqld", false)]
    [InlineData("/usr/bin/python3.11", "python", false)]
    [InlineData("/usr/bin/python3.11", "/opt/app/.venv/bin/python", false)]
    [InlineData("/usr/bin/dash", "sh", false)]
    [InlineData("/usr/bin/test", "[", false)]
    [InlineData("/usr/sbin/php-fpm8.2", "php-fpm", false)]
    [InlineData("/tmp/nginx", "nginx", false)]
    public void Name_ThatHidesTheProgram_IsToldAndHonestOnesAreNot(string binary, string argv0, bool hides) =>
        Assert.Equal(hides ? argv0 : null, Masquerade.NameOf(_builder.Process(binary, arguments: [argv0, "-x"])[0]));

    [Theory]
    [InlineData("sh", true)]
    [InlineData("bash -s -- --yes", true)]
    [InlineData("sh -", true)]
    [InlineData("sh -c id", false)]
    [InlineData("sh /tmp/a.sh", false)]
    public void Shell_ThatReadsAPipe_IsTold(string arguments, bool isTold)
    {
        var process = _builder.Process("/bin/bash", _nginx, flags: ProcessFlags.StdinPipe, arguments: arguments.Split(' '))[0];
        Assert.Equal(isTold, ExecEvidence.ReadsCommandsFromPipe(process));
        Assert.False(ExecEvidence.ReadsCommandsFromPipe(process with { Phase = Phase.Session }));
        Assert.False(ExecEvidence.ReadsCommandsFromPipe(process with { Flags = ProcessFlags.StdoutPipe }));
    }
}
