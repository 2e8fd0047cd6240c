using System.Collections;
using Runtime.Agent.Configuration;
using Runtime.Agent.Health;
using Xunit;

namespace Runtime.Agent.Tests.Configuration;

public sealed class AgentOptionsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("settings-").FullName;

    [Fact]
    public void Load_NothingGiven_TakesDefaults()
    {
        var options = Load("{}");
        Assert.Equal("default", options.Cluster);
        Assert.Equal("unix:/run/runtime/collector.sock", options.Collector.Address);
        Assert.Equal(TimeSpan.FromSeconds(60), options.Reduction.ReportInterval);
    }

    [Fact]
    public void Load_File_FillsEverySection()
    {
        var options = Load("""
            {
              // comments are welcome
              "Cluster": "prod",
              "Collector": "unix:/tmp/c.sock",
              "Reduction": { "ReportInterval": "250ms", "MaxKeys": 128 },
              "Capture": { "RingBytes": "16MiB", "SensitivePaths": ["/etc/shadow"], "WakeOnExec": false },
              "Containers": { "Sockets": ["/run/a/containerd.sock", "/run/docker.sock"], "MetadataWait": "3s" },
              "Log": "warning",
            }
            """);
        Assert.Equal("prod", options.Cluster);
        Assert.Equal("/tmp/c.sock", options.Collector.UnixPath);
        Assert.Equal(TimeSpan.FromMilliseconds(250), options.Reduction.ReportInterval);
        Assert.Equal(128, options.Reduction.MaxKeys);
        Assert.Equal(16 * 1024 * 1024, options.Capture.RingBytes);
        Assert.Equal(["/etc/shadow"], options.Capture.SensitivePaths);
        Assert.False(options.Capture.WakeOnExec);
        Assert.Equal(["/run/a/containerd.sock"], options.Containers.CriSockets);
        Assert.Equal(["/run/docker.sock"], options.Containers.DockerSockets);
        Assert.Equal(TimeSpan.FromSeconds(3), options.Reduction.MetadataWait);
        Assert.Equal(LogLevel.Warning, options.Log);
    }

    [Fact]
    public void Load_Environment_BeatsTheFileAndFlagsBeatBoth()
    {
        var environment = new Hashtable
        {
            ["RUNTIME_AGENT__Collector__Address"] = "https://collector:8443",
            ["RUNTIME_AGENT__Collector__Certificate"] = "/tls/tls.crt",
            ["RUNTIME_AGENT__Collector__Key"] = "/tls/tls.key",
            ["RUNTIME_AGENT__Node"] = "from-environment",
            ["runtime_agent__reduction__maxkeys"] = "99",
            ["OTHER"] = "x",
        };
        var faults = new List<string>();
        var options = AgentOptions.Load(Write("""{ "Collector": { "Address": "unix:/x" }, "Node": "from-file" }"""), environment, ["Node=from-flag"], faults);
        Assert.Empty(faults);
        Assert.Equal(("https://collector:8443", "from-flag", 99), (options.Collector.Address, options.Node, options.Reduction.MaxKeys));
    }

    [Fact]
    public void Load_ManyFaults_AllAreToldWithKeyValueOriginAndRule()
    {
        var path = Write("""
            {
              "Clutser": "x",
              "Reduction": { "ReportInterval": "10", "MaxKeys": 3 },
              "Capture": { "RingBytes": "8M" },
              "Streaming": { "BatchRows": [1, 2] },
              "Collector": { "Address": "http://collector:8443" },
              "Log": "loud"
            }
            """);
        var faults = new List<string>();
        AgentOptions.Load(path, new Hashtable { ["RUNTIME_AGENT__Streaming__KeepAlive"] = "10 parsecs" }, ["nonsense"], faults);
        Assert.Equal(9, faults.Count);
        Assert.Contains($"Clutser = \"x\" (in {path}): is not a setting; did you mean Cluster?", faults);
        Assert.Contains($"Reduction:ReportInterval = \"10\" (in {path}): {SettingText.DurationRule}", faults);
        Assert.Contains($"Reduction:MaxKeys = \"3\" (in {path}): must be a whole number from 64 to 65536", faults);
        Assert.Contains($"Capture:RingBytes = \"8M\" (in {path}): {SettingText.SizeRule}", faults);
        Assert.Contains($"Streaming:BatchRows = \"1, 2\" (in {path}): must be one value, not a list", faults);
        Assert.Contains(faults, f => f.StartsWith("Collector:Address is \"http://collector:8443\": it must be unix:", StringComparison.Ordinal));
        Assert.Contains($"Log = \"loud\" (in {path}): must be one of Debug, Information, Warning, Error", faults);
        Assert.Contains($"Streaming:KeepAlive = \"10 parsecs\" (environment variable RUNTIME_AGENT__Streaming__KeepAlive): {SettingText.DurationRule}", faults);
        Assert.Contains(faults, f => f.StartsWith("--set \"nonsense\": must be KEY=VALUE", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://collector:8443", "Collector:Certificate")]
    [InlineData("https://collector:8443", "Collector:Key")]
    [InlineData("unix:relative", "absolute path")]
    [InlineData("collector:8443", "https://host:port")]
    [InlineData("https://collector:8443/path", "https://host:port")]
    public void Load_BadAddress_IsRefused(string address, string expected)
    {
        var faults = new List<string>();
        AgentOptions.Load(Write("{}"), new Hashtable(), ["Collector:Address=" + address], faults);
        Assert.Contains(faults, f => f.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{", "is not JSON")]
    [InlineData("[]", "one JSON object")]
    [InlineData("""{ "Containers": { "Sockets": [{}] } }""", "list of plain values")]
    public void Load_BadFile_IsRefused(string text, string expected)
    {
        var faults = new List<string>();
        AgentOptions.Load(Write(text), new Hashtable(), [], faults);
        Assert.Contains(faults, f => f.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Load_MissingFile_IsRefused()
    {
        var faults = new List<string>();
        AgentOptions.Load(Path.Combine(_folder, "absent.json"), new Hashtable(), [], faults);
        Assert.Contains("cannot be read", Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Readme_ListsEverySetting()
    {
        var reader = new SettingsReader(new Dictionary<string, Setting>(), []);
        AgentOptions.Read(reader);
        var readme = File.ReadAllText(Path.Combine(Repository(), "agent", "README.md"));
        Assert.All(reader.Known.Where(key => key != "Collector"), key => Assert.Contains($"`{key}`", readme, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private AgentOptions Load(string text)
    {
        var faults = new List<string>();
        var options = AgentOptions.Load(Write(text), new Hashtable(), [], faults);
        Assert.Empty(faults);
        return options;
    }

    private string Write(string text)
    {
        var path = Path.Combine(_folder, "agent.json");
        File.WriteAllText(path, text);
        return path;
    }

    private static string Repository()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Runtime.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests do not run within the repository");
        return folder;
    }
}
