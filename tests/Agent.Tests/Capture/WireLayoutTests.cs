using System.Diagnostics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Runtime.Agent.Capture;
using Xunit;

namespace Runtime.Agent.Tests.Capture;

/// <summary>The built object's BTF says what the compiler made of events.h; our mirror must say the same.</summary>
public sealed partial class WireLayoutTests
{
    private static readonly Lazy<IReadOnlyList<JsonElement>> Types = new(DumpTypes);

    [Theory]
    [InlineData("event_header", typeof(EventHeader))]
    [InlineData("fork_event", typeof(ForkLayout))]
    [InlineData("exec_event", typeof(ExecLayout))]
    [InlineData("exit_event", typeof(ExitLayout))]
    [InlineData("cgroup_event", typeof(CgroupLayout))]
    [InlineData("file_event", typeof(FileLayout))]
    [InlineData("network_event", typeof(NetworkLayout))]
    [InlineData("privilege_event", typeof(PrivilegeLayout))]
    [InlineData("program_counters", typeof(ProgramCounters))]
    [InlineData("open_key", typeof(OpenKey))]
    [InlineData("open_repeats", typeof(OpenRepeats))]
    [InlineData("loss_key", typeof(LossKey))]
    [InlineData("settings", typeof(Settings))]
    public void Struct_MatchesTheObject(string name, Type mirror)
    {
        var kernel = Types.Value.Single(t => t.GetProperty("kind").GetString() == "STRUCT" && t.GetProperty("name").GetString() == name);
        var members = kernel.GetProperty("members").EnumerateArray()
            .Select(m => (Name: Mirrored(m.GetProperty("name").GetString()!), Offset: m.GetProperty("bits_offset").GetInt32() / 8));
        var fields = mirror.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Select(f => (f.Name, Offset: (int)Marshal.OffsetOf(mirror, f.Name)));

        Assert.Equal(members, fields);
        var size = (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(mirror).Invoke(null, null)!;
        Assert.Equal(kernel.GetProperty("size").GetInt32(), size);
        Assert.Equal(0, size % 8);
    }

    [Fact]
    public void Settings_LieAtTheStartOfTheConstants()
    {
        // The linker keeps the other objects' weak copies behind it.
        var section = Types.Value.Single(t => t.GetProperty("kind").GetString() == "DATASEC" && t.GetProperty("name").GetString() == ".rodata");
        var first = section.GetProperty("vars").EnumerateArray().MinBy(v => v.GetProperty("offset").GetInt32());
        Assert.Equal(0, first.GetProperty("offset").GetInt32());
        Assert.Equal("settings", Types.Value.Single(t => t.GetProperty("id").GetInt32() == first.GetProperty("type_id").GetInt32()).GetProperty("name").GetString());
    }

    [Fact]
    public void HookIds_AreTheHeadersProgramIds()
    {
        var header = File.ReadAllText(Path.Combine(Root(), "agent/bpf/programs.h"));
        var ids = ProgramId().Matches(header).ToDictionary(m => m.Groups[1].Value.ToLowerInvariant(), m => int.Parse(m.Groups[2].Value));
        Assert.True(ids.Remove("limit", out var limit));
        Assert.Equal(HookCatalog.ProgramLimit, limit);
        Assert.Equal(ids.OrderBy(p => p.Value), HookCatalog.All.ToDictionary(h => h.Name, h => h.Id).OrderBy(p => p.Value));
    }

    private static string Mirrored(string member) => string.Concat(member.Split('_').Select(w => char.ToUpperInvariant(w[0]) + w[1..]));

    private static IReadOnlyList<JsonElement> DumpTypes()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, BpfPrograms.EmbeddedObject());
            var bpftool = new[] { "/usr/sbin/bpftool", "/usr/bin/bpftool" }.First(File.Exists);
            using var process = Process.Start(new ProcessStartInfo(bpftool, ["-j", "btf", "dump", "file", path]) { RedirectStandardOutput = true })!;
            using var dump = JsonDocument.Parse(process.StandardOutput.BaseStream);
            process.WaitForExit();
            return [.. dump.RootElement.GetProperty("types").EnumerateArray().Select(t => t.Clone())];
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string Root([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "../../.."));

    [GeneratedRegex(@"PROGRAM_(\w+) = (\d+)")]
    private static partial Regex ProgramId();
}
