using Runtime.Evaluation.Scenarios;

namespace Runtime.Evaluation.Tests.Scenarios;

public sealed class ScenarioHeaderTests
{
    private static readonly string[] s_images = ["tools", "nginx"];

    private const string Least = "# id: B06\n# title: a program from memory\n# expect: silent\n# image: tools\n# launch: app\n";

    [Fact]
    public void Header_WithEveryKey_IsReadWhole()
    {
        var faults = new List<string>();
        var text = """
            #!/bin/sh
            # id: B06
            # title: a program: from memory
            # expect: alert
            # severity: high
            # kinds: process, network
            # attck: T1059.004
            # image: nginx
            # launch: exec
            # phase: learning
            # replicas: 3
            # peers: stratum:3333, http:8000
            # companion: /tmp/x
            # timeout: 20
            # within: 3
            /tmp/x
            """;

        var scenario = ScenarioHeader.Read("/s/B06-memory.sh", text, s_images, "/s/B06-memory.c", faults);

        Assert.Empty(faults);
        Assert.NotNull(scenario);
        Assert.Equal(("B06", "a program: from memory", true, Severity.High), (scenario.Id, scenario.Title, scenario.Alert, scenario.LeastSeverity));
        Assert.Equal(["process", "network"], scenario.Kinds);
        Assert.Equal(("T1059.004", "nginx", Launch.Exec, LearningPhase.Learning, 3), (scenario.Technique, scenario.Image, scenario.Launch, scenario.Phase, scenario.Replicas));
        Assert.Equal([new Peer("stratum", 3333), new Peer("http", 8000)], scenario.Peers);
        Assert.Equal(("/tmp/x", TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(3)), (scenario.Companion, scenario.Timeout, scenario.Within));
        Assert.Equal(text, scenario.Script);
    }

    [Fact]
    public void Header_WithTheLeast_HasTheFormatsDefaults()
    {
        var faults = new List<string>();

        var scenario = ScenarioHeader.Read("B06-memory.sh", Least, s_images, null, faults);

        Assert.Empty(faults);
        Assert.NotNull(scenario);
        Assert.Equal((LearningPhase.Locked, 1, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10)), (scenario.Phase, scenario.Replicas, scenario.Timeout, scenario.Within));
        Assert.Null(scenario.Skip);
    }

    [Theory]
    [InlineData("color: red", "color 'red': this key is not one of")]
    [InlineData("expect: silent", "expect 'silent': the key stands twice")]
    [InlineData("severity: high", "severity 'high': only a scenario with expect: alert")]
    [InlineData("kinds: process, magic", "kinds 'magic': must be one of process, file")]
    [InlineData("attck: 1620", "attck '1620': must be a technique's id")]
    [InlineData("phase: locking", "phase 'locking': must be one of locked, learning")]
    [InlineData("replicas: 0", "replicas '0': must be a whole number from 1 to 10")]
    [InlineData("peers: irc:6667", "peers 'irc:6667': must be one of stratum, http, tls, sink, dns")]
    [InlineData("peers: http", "peers 'http': must be one of")]
    [InlineData("peers: http:0", "peers 'http:0': must be one of")]
    [InlineData("peers: http:80, http:80", "peers 'http:80': stands twice")]
    [InlineData("timeout: soon", "timeout 'soon': must be a whole number from 1 to 600")]
    [InlineData("within: -1", "within '-1': must be a whole number")]
    [InlineData("companion: /tmp/x", "companion '/tmp/x': no C file of the same name")]
    [InlineData("companion: tmp/x", "companion 'tmp/x': must be the absolute path of a file")]
    [InlineData("companion: /tmp/../x", "companion '/tmp/../x': must be the absolute path of a file")]
    [InlineData("skip:", "skip '': must say why")]
    public void Line_ThatBreaksARule_IsToldWithFileKeyValueAndRule(string line, string fault)
    {
        var faults = new List<string>();

        Assert.Null(ScenarioHeader.Read("/s/B06-memory.sh", Least + "# " + line + "\n", s_images, null, faults));

        Assert.Contains(faults, told => told.StartsWith("B06-memory.sh: " + fault, StringComparison.Ordinal));
    }

    [Fact]
    public void Faults_OfOneFile_AreToldAllAtOnce()
    {
        var faults = new List<string>();

        ScenarioHeader.Read("X1-x.sh", "# id: B06\n# expect: alert\n# image: windows\n", s_images, "X1-x.c", faults);

        Assert.Equal(
            ["id 'B06'", "severity ''", "companion ''", "title ''", "image 'windows'", "launch ''"],
            faults.Select(fault => fault["X1-x.sh: ".Length..].Split(": ")[0]));
    }

    [Fact]
    public void Skip_WithAReason_IsKept() =>
        Assert.Equal("needs a module", ScenarioHeader.Read("B06-x.sh", Least + "# skip: needs a module\n", s_images, null, [])?.Skip);

    [Fact]
    public void Header_EndsAtTheFirstOtherLine()
    {
        var faults = new List<string>();

        Assert.NotNull(ScenarioHeader.Read("B06-x.sh", Least + "\n# color: red\n", s_images, null, faults));
        Assert.Empty(faults);
    }
}
