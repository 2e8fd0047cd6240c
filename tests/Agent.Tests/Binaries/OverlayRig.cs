using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Runtime.Agent.Binaries;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;
using Xunit;

namespace Runtime.Agent.Tests.Binaries;

/// <summary>Nodes are inspectors with a real overlay each, their images copied as a runtime unpacks them; between them stands a collector's memory.</summary>
public abstract class OverlayRig : IDisposable
{
    protected const string Tool = "/usr/bin/tool";
    private const uint Overlay = 0x794c7630;
    protected static readonly DateTime Built = new DateTime(2024, 3, 1, 12, 0, 0, DateTimeKind.Utc).AddTicks(1_234_567);
    protected static readonly byte[] ToolHash = SHA256.HashData(File.ReadAllBytes("/usr/bin/sort"));
    protected static readonly long ToolSize = new FileInfo("/usr/bin/sort").Length;

    private protected readonly string _folder = Directory.CreateTempSubdirectory("runtime-shared-").FullName;
    private readonly List<Process> _children = [];
    private readonly List<string> _mounts = [];
    private readonly Dictionary<string, byte[]> _told = [];
    private readonly CancellationTokenSource _stop = new();
    private int _nodes;
    private protected bool _isConfirmed = true;

    protected OverlayRig() => Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting an overlay needs root");

    public void Dispose()
    {
        _stop.Cancel();
        foreach (var child in _children)
        {
            child.Kill(entireProcessTree: true);
            child.WaitForExit();
            child.Dispose();
        }
        foreach (var mount in _mounts)
            Shell($"umount -l {mount}");
        Directory.Delete(_folder, recursive: true);
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static long Now => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100;

    private protected static BinaryContent Ask(BinaryInspector node, Running running)
    {
        Assert.True(node.AskExecuted(running.Process, running.Container, Now));
        return Take(node);
    }

    private protected static BinaryContent Take(BinaryInspector node)
    {
        BinaryReading? reading = null;
        Assert.True(SpinWait.SpinUntil(() => node.TryTake(out reading), TimeSpan.FromSeconds(10)), "no answer");
        return reading!.Content;
    }

    private protected static void AssertReadHere(BinaryInspector node, Running running, byte[] bytes)
    {
        Assert.True(node.AskLibrary(running.Process, running.Container, Encoding.UTF8.GetBytes(Tool), 0));
        Assert.Equal(SHA256.HashData(bytes), Take(node).Sha256);
        AssertCounters(node, ("hashes.asked", 0), ("binaries.hashed_bytes", bytes.Length));
    }

    private protected static void AssertCounters(BinaryInspector node, params (string Name, long Value)[] wanted)
    {
        var counters = node.Counters();
        Assert.Equal(wanted, wanted.Select(w => (w.Name, (long)counters[w.Name])));
    }

    /// <summary>An image's layer: a program, another one that sleeps, and what both load.</summary>
    private protected string MakeImage()
    {
        var image = Directory.CreateDirectory($"{_folder}/image{_nodes++}").FullName;
        Shell($"mkdir -p {image}/usr/bin {image}/old && cp /usr/bin/sort {image}{Tool} && cp /usr/bin/sleep {image}/usr/bin/sleeper"
            + $" && for f in $(ldd /usr/bin/sort /usr/bin/sleep | grep -o '/[^ ]*\\.so[^ ]*' | sort -u); do mkdir -p {image}$(dirname $f) && cp -L $f {image}$f; done");
        File.SetLastWriteTimeUtc(image + Tool, Built);
        return image;
    }

    /// <param name="prepare">Run in a mount namespace of the container's own, before it starts.</param>
    private protected BinaryInspector Node(string image, out Running running, BinaryOptions? options = null, bool isAnswered = true, string runs = Tool, Func<string, string>? prepare = null, ImageLayers? layers = null)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var root = Directory.CreateDirectory($"{_folder}/{id}/rootfs").FullName;
        Shell($"mkdir {_folder}/{id}/upper {_folder}/{id}/work && mount -t overlay overlay -o lowerdir={image},upperdir={_folder}/{id}/upper,workdir={_folder}/{id}/work {root}");
        _mounts.Add(root);
        var node = new BinaryInspector(options ?? new() { VerifyOneIn = int.MaxValue }, layers ?? new("/proc/self"), TimeProvider.System, fault => Assert.Fail(fault));
        if (node.Fleet is { } fleet)
        {
            fleet.Open(isAnswered: true);
            _ = CollectAsync(fleet, isAnswered);
        }
        var container = new ContainerRecord(id, "containerd", "app", "", "", "", new Dictionary<string, string>(), "img", "sha256:" + new string('a', 64), 0, "", "", true);
        running = new(Run(root, runs, prepare?.Invoke(root) ?? "true"), container, root);
        return node;
    }

    /// <summary>A collector's part, in memory: first come, first told.</summary>
    private async Task CollectAsync(SharedHashes fleet, bool isAnswered)
    {
        while (true)
        {
            var notes = await fleet.TakeOutgoingAsync(_stop.Token);
            lock (_told)
            {
                foreach (var note in notes.Where(note => note.Question == 0))
                    _told.TryAdd(Key(note.File), note.Sha256);
                if (isAnswered)
                    fleet.Answer([.. notes.Where(note => note.Question != 0).Select(note => new SharedAnswer(note.Question, _told.GetValueOrDefault(Key(note.File), []), _isConfirmed))]);
            }
        }
    }

    private static string Key(SharedFile file) => $"{file.ImageDigest} {Encoding.UTF8.GetString(file.Path)} {file.Size} {file.ModifiedNs}";

    /// <summary>A process that stays, as the process table would know it: sort waits for its input.</summary>
    private ProcessRecord Run(string root, string program, string prepare)
    {
        var start = new ProcessStartInfo("unshare", ["-m", "sh", "-c", $"{prepare} && cd {root} && pivot_root . old && exec {program} {(program == Tool ? "" : "600")}"]) { RedirectStandardInput = true };
        var child = Process.Start(start)!;
        _children.Add(child);
        var procfs = new ProcfsReader("/proc");
        ProcfsProcess? found = null;
        Assert.True(SpinWait.SpinUntil(() => (found = procfs.ReadProcess((uint)child.Id)) is { } p && Encoding.UTF8.GetString(p.Binary).EndsWith(program, StringComparison.Ordinal), TimeSpan.FromSeconds(10)));
        return new()
        {
            Key = new(found!.Pid, 1),
            Cgroup = new CgroupKey(1, 2),
            Binary = Encoding.UTF8.GetBytes(program),
            FileSystem = Overlay,
            Inode = found.Inode,
            Device = found.Device,
            Size = found.Size,
            ModifiedUnixSeconds = found.ModifiedUnixSeconds,
            ChangedUnixSeconds = found.ChangedUnixSeconds,
        };
    }

    private protected static void Shell(string command) => _ = Output("sh", "-c", command);

    private protected static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(10)) && process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}");
        return text;
    }

    private protected sealed record Running(ProcessRecord Process, ContainerRecord Container, string Root);
}
