using System.Text;
using Runtime.Collector.Detection;
using Runtime.Collector.Rules;
using Xunit;

namespace Runtime.Collector.Tests.Rules;

public sealed class RulesFileTests
{
    [Fact]
    public void BuiltIn_SaysEverything()
    {
        var rules = RuleSet.BuiltIn;
        Assert.Equal("built-in", rules.Source);
        Assert.Empty(rules.Off);
        Assert.Empty(rules.Own);
        Assert.True(rules.IsMinerProgram("/opt/XMRig"));
        Assert.True(rules.IsPoolPort(3333));
        var text = Encoding.UTF8.GetString(BuiltInText());
        Assert.All(TierZero.All, fact => Assert.Contains($"\n  {fact}: on ", text, StringComparison.Ordinal));
        Assert.All(text.Split('\n').Where(line => line.StartsWith("  - ", StringComparison.Ordinal)), line => Assert.Equal(line.TrimEnd(), line));
    }

    [Fact]
    public void File_OnTopOfTheBuiltInRules_ChangesWhatItNames()
    {
        var rules = Parse("""
            version: 1
            facts: { bpf_load: off, blind: "off", stratum: on }
            miner_programs: { add: [zephyrd], remove: [minerd] }
            bad_programs: [onlythis]
            pool_domains:
              add:
                - Pool.Example.Org
            pool_ports: { remove: [9999], add: [9998] }
            """);
        Assert.Equal(["blind", "bpf_load"], rules.Off.Order());
        Assert.Equal((true, false, true), (rules.IsMinerProgram("/x/zephyrd"), rules.IsMinerProgram("minerd"), rules.IsMinerProgram("xmrig")));
        Assert.Equal((true, false), (rules.IsBadProgram("/a/OnlyThis"), rules.IsBadProgram("kinsing")));
        Assert.Equal((true, false, true), (rules.IsPoolName("a.pool.example.org."), rules.IsPoolName("example.org"), rules.IsPoolName("supportxmr.com")));
        Assert.Equal((false, true, true), (rules.IsPoolPort(9999), rules.IsPoolPort(9998), rules.IsPoolPort(3333)));
        Assert.Equal(RuleSet.BuiltIn.BadPaths.All, rules.BadPaths.All);
    }

    [Fact]
    public void File_OfCommentsAlone_LacksItsVersion() =>
        Assert.Equal(["rules.yaml:1: version: must be set, to 1"], Faults("# nothing yet\n"));

    [Fact]
    public void Faults_OfAFile_AreToldAllAtOnceEachWithItsLine()
    {
        var faults = Faults("""
            version: 2
            fakts: { stratum: on }
            facts: { bpf_lod: off, stratum: maybe }
            miner_programs: [a, /usr/bin/x, ok, ok]
            pool_domains: { add: [supportxmr.com, "*.x.org", com], remove: [not.there.org], ad: [] }
            pool_ports: [0, 70000, http]
            bad_paths: [tmp/x, "/*"]
            own:
              - name: Stratum
                kind: exec
                severity: low
                technique: 1059
                words: a {binry} ran
                all: [{ field: uid, like: 0 }, { field: program }, { field: phase, is: stedy }]
              - name: stratum
                kind: exek
                severity: high
              - name: good_name
                kind: network
                severity: high
                words: "it {binary"
                all: [{ field: remote_address, is: 10.0.0.0/33 }, { field: remote_port, from: 5, to: 1 }, { field: remote_port, is: many }, { field: name, under: "" }]
                any: []
            """);
        Assert.Equal(
            [
                "rules.yaml:1: version = \"2\": must be 1: this program reads no other layout",
                "rules.yaml:2: fakts: is not a key; did you mean facts?",
                "rules.yaml:3: facts.bpf_lod: is not a fact; did you mean bpf_load?",
                "rules.yaml:3: facts.stratum = \"maybe\": must be on or off",
                "rules.yaml:4: miner_programs[0] = \"a\": must be a program's name of 2 to 64 characters, without a folder",
                "rules.yaml:4: miner_programs[1] = \"/usr/bin/x\": must be a program's name of 2 to 64 characters, without a folder",
                "rules.yaml:4: miner_programs[3] = \"ok\": is there twice",
                "rules.yaml:5: pool_domains.ad: is not a key of pool_domains; did you mean add?",
                "rules.yaml:5: pool_domains.remove[0] = \"not.there.org\": is not in the built-in list, so it cannot be removed",
                "rules.yaml:5: pool_domains.add[1] = \"*.x.org\": must be a domain of at least two labels, such as pool.example.org, without *: what is below it counts too",
                "rules.yaml:5: pool_domains.add[2] = \"com\": must be a domain of at least two labels, such as pool.example.org, without *: what is below it counts too",
                "rules.yaml:5: pool_domains.add[0] = \"supportxmr.com\": is in the built-in list already",
                "rules.yaml:6: pool_ports[0] = \"0\": must be a port from 1 to 65535",
                "rules.yaml:6: pool_ports[1] = \"70000\": must be a port from 1 to 65535",
                "rules.yaml:6: pool_ports[2] = \"http\": must be a port from 1 to 65535",
                "rules.yaml:7: bad_paths[0] = \"tmp/x\": must be a path that begins with / or */ and names something; * is any text, ? any character",
                "rules.yaml:7: bad_paths[1] = \"/*\": must be a path that begins with / or */ and names something; * is any text, ? any character",
                "rules.yaml:9: own[0].name = \"Stratum\": must be 3 to 48 lower-case letters, digits and _, beginning with a letter",
                "rules.yaml:11: own[0].severity = \"low\": must be one of medium, high, critical",
                "rules.yaml:12: own[0].technique = \"1059\": must be an ATT&CK technique, such as T1059 or T1059.004",
                "rules.yaml:13: own[0].words = \"a {binry} ran\": names {binry}, which is not a field of exec; did you mean binary?",
                "rules.yaml:14: own[0].all[0].like: cannot be asked of uid: it is a number, with is, in, from and to",
                "rules.yaml:14: own[0].all[1]: must have one of is, in, like, under, or from and to",
                "rules.yaml:14: own[0].all[2].is = \"stedy\": is not a value of phase; did you mean steady?",
                "rules.yaml:15: own[1].name = \"stratum\": is the name of a fact of the program",
                "rules.yaml:16: own[1].kind = \"exek\": is not a kind; did you mean exec?",
                "rules.yaml:21: own[2].words = \"it {binary\": must close each { with }, around a field's name",
                "rules.yaml:22: own[2].all[0].is = \"10.0.0.0/33\": must be an address or a network, such as 10.1.2.3 or 10.0.0.0/8",
                "rules.yaml:22: own[2].all[1]: from must not be above to",
                "rules.yaml:22: own[2].all[2].is = \"many\": must be a whole number",
                "rules.yaml:22: own[2].all[3].under = \"\": must be text that is not empty",
                "rules.yaml:23: own[2].any: must be a list of 1 to 32 conditions, such as { field: program, is: sh }",
            ],
            faults);
    }

    [Theory]
    [InlineData("version: 1\nversion: 1\n", "rules.yaml:2: version: is there already in line 1")]
    [InlineData("version: 1\nown: [", "rules.yaml:3: YAML: ")]
    [InlineData("a: b: c", "rules.yaml:1: YAML: ")]
    [InlineData("version: 'x", "rules.yaml:1: YAML: ")]
    [InlineData("- version", "rules.yaml:1: the file: must be a map of version, ")]
    [InlineData("version: 1\nown: &all []\nbad_paths: *all", "rules.yaml:2: own: anchors (&), aliases (*) and tags (!) are not taken; put text that begins so into quotes")]
    [InlineData("version: 1\nown: !!binary x", "rules.yaml:2: own: anchors (&), aliases (*) and tags (!) are not taken; put text that begins so into quotes")]
    [InlineData("version: 1\n---\nversion: 1", "rules.yaml:2: ---: must be one document")]
    [InlineData("version: 1\n[a]: b", "rules.yaml:2: : a key must be text")]
    [InlineData("version: 1\nown:\n  - {name: abc, kind: exec, severity: high, words: told}", "rules.yaml:3: own[0]: must have conditions in all or any: without them it would tell of everything")]
    [InlineData("version: 1\nown:\n  - {name: abc, kind: exec, severity: high, words: told, all: [{field: uid, is: 0}]}\n  - {name: abc, kind: exec, severity: high, words: told, all: [{field: uid, is: 0}]}", "rules.yaml:4: own[1].name = \"abc\": is the name of a fact above")]
    public void File_ThatIsNoRules_SaysWhere(string yaml, string fault) =>
        Assert.Contains(Faults(yaml), told => told.StartsWith(fault, StringComparison.Ordinal));

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void File_ThatNestsWithoutEnd_IsRefused(string opening)
    {
        // A parser that descends would end the whole program: no exception catches that.
        var yaml = "version: 1\nown: " + string.Concat(Enumerable.Repeat(opening, 100_000));
        Assert.NotEmpty(Faults(yaml));
    }

    [Fact]
    public void File_AboveTheBound_OrAbsent_IsRefused()
    {
        var folder = Directory.CreateTempSubdirectory("rules-").FullName;
        try
        {
            var file = Path.Combine(folder, "large.yaml");
            File.WriteAllBytes(file, new byte[RulesFile.MaxBytes + 1]);
            Assert.Equal([$"{file}: has more than 1048576 bytes, which no file of rules needs"], Assert.Throws<RulesException>(() => RulesFile.Read(file)).Faults);
            var absent = Path.Combine(folder, "absent.yaml");
            Assert.StartsWith($"{absent}: cannot be read: ", Assert.Single(Assert.Throws<RulesException>(() => RulesFile.Load(new RulesOptions { File = absent })).Faults), StringComparison.Ordinal);
            Assert.Same(RuleSet.BuiltIn, RulesFile.Load(new RulesOptions()));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("/etc/x", true)]
    [InlineData("/etc/X", false)]
    [InlineData("/a/b/name", true)]
    [InlineData("/a/name/b", false)]
    [InlineData("/a/names", false)]
    [InlineData("/var/tmp/.a/kswapd0", true)]
    [InlineData("/var/tmp/a/kswapd0", false)]
    [InlineData("/opt/q1", true)]
    [InlineData("/opt/q12", false)]
    public void Patterns_OfEachForm_FitTheWholePath(string path, bool fits) =>
        Assert.Equal(fits, new PathPatterns(["/etc/x", "*/name", "/var/tmp/.*/kswapd*", "/opt/q?"]).Match(path));

    [Fact]
    public void Patterns_ThatAreTriedOneByOne_AreBounded()
    {
        var faults = Faults("version: 1\nbad_paths: [" + string.Join(", ", Enumerable.Range(0, 257).Select(i => $"\"/tmp/{i}*\"")) + "]");
        Assert.StartsWith("rules.yaml:2: bad_paths: must have at most 256 patterns", Assert.Single(faults), StringComparison.Ordinal);
        Parse("version: 1\nbad_paths: [" + string.Join(", ", Enumerable.Range(0, 2000).Select(i => $"/tmp/{i}, \"*/n{i}\"")) + "]");
    }

    [Fact]
    public void Text_OfRules_IsReadAgainWithTheSameMeaning()
    {
        var rules = Parse("""
            version: 1
            facts: { blind: off }
            pool_domains: { add: [pool.example.org] }
            bad_paths: ["/a \"b\"\\c*", "/ü\u202e/x"]
            own:
              - name: first_one
                kind: network
                severity: medium
                technique: T1071
                words: '{program} spoke to {remote_address}, "so"'
                all: [{ field: remote_port, from: 20, to: 30 }, { field: remote_port, from: 21 }, { field: remote_address, under: [10.0.0.0/8, "fd00::/8"] }]
                any: [{ field: name, under: example.org }, { field: host, is: true }]
                none: [{ field: program, in: [a, "b:c"] }, { field: binary, like: "*/x?" }]
            """);
        var text = new StringWriter();
        RulesText.Write(rules, text);
        var again = Parse(text.ToString());

        var second = new StringWriter();
        RulesText.Write(again, second);
        Assert.Equal(text.ToString().Split('\n')[1..], second.ToString().Split('\n')[1..]);
        Assert.Equal(["/a \"b\"\\c*", "/ü\u202e/x"], again.BadPaths.All);
        Assert.Equal(rules.Off, again.Off);
        Assert.Equal("yes", again.Own.Single().Any[1].Values.Single());
    }

    internal static RuleSet Parse(string yaml) => RulesFile.Parse("rules.yaml", Encoding.UTF8.GetBytes(yaml));

    private static IReadOnlyList<string> Faults(string yaml) => Assert.Throws<RulesException>(() => Parse(yaml)).Faults;

    private static byte[] BuiltInText()
    {
        using var resource = typeof(RulesFile).Assembly.GetManifestResourceStream("Runtime.Collector.Rules.default.yaml")!;
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        return content;
    }
}
