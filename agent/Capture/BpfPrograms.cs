using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Runtime.Agent.Containers;
using Runtime.Agent.Interop;

namespace Runtime.Agent.Capture;

/// <summary>The loaded object with every program attached that this kernel takes.</summary>
/// <remarks>
/// All programs are loaded together. Where that fails the one that was refused is left out and the rest tried again: a missing hook
/// costs one kind of event, and a load more on such a node.
/// </remarks>
internal sealed class BpfPrograms : IDisposable
{
    /// <summary>A few of the longest records.</summary>
    private const int MinShareBytes = 64 * 1024;
    private const string ResourceName = "runtime.bpf.o";

    /// <summary>The kernel waits some 40 ms at each detached program for those that still run it; such waits of several threads are one.</summary>
    private const int DetachThreads = 8;

    /// <summary>What is read or written after the load.</summary>
    private static readonly string[] MapNames = ["events", "counters", "losses", .. OpenRepeatTables.MapNames];

    // Null when another image of this process loaded the programs.
    private readonly BpfObject? _object;

    // Both bounded by HookCatalog.All, by the hook's place in it. Of programs that another image loaded there are only the descriptors.
    private readonly Dictionary<int, BpfLinkHandle> _links;
    private readonly int[] _linkDescriptors;
    private readonly Dictionary<string, int> _maps;

    private BpfPrograms(BpfObject bpfObject, Dictionary<int, BpfLinkHandle> links, IReadOnlyList<HookState> hooks)
    {
        (_object, _links, Hooks) = (bpfObject, links, hooks);
        _linkDescriptors = [.. HookCatalog.All.Select((_, i) => links.TryGetValue(i, out var link) ? link.Descriptor : -1)];
        _maps = MapNames.ToDictionary(name => name, bpfObject.MapDescriptor);
        Descriptors = HookCatalog.All.Zip(hooks).Where(p => p.Second.Attached)
            .Select(p => (p.First, bpfObject.ProgramDescriptor(p.First.Program))).ToArray();
    }

    private BpfPrograms(LoadedPrograms loaded)
    {
        (_links, _linkDescriptors, _maps, Hooks) = ([], loaded.Links, loaded.Maps, loaded.Hooks);
        Descriptors = HookCatalog.All.Zip(loaded.Programs).Where(p => p.Second >= 0).ToArray();
    }

    /// <summary>As <see cref="HookCatalog.All"/>, in its order; behind them <see cref="OverlayState"/>.</summary>
    public IReadOnlyList<HookState> Hooks { get; }

    /// <summary>Attached programs.</summary>
    public IReadOnlyList<(Hook Hook, int Descriptor)> Descriptors { get; }

    public int Map(string name) => _maps[name];

    /// <returns>What keeps the program attached; -1 where it is not.</returns>
    public int Link(string program) => HookCatalog.All.Zip(_linkDescriptors).Single(p => p.First.Program == program).Second;

    /// <summary>All descriptors that keep the programs at work, for the next image of this process.</summary>
    public LoadedPrograms Describe() => new()
    {
        Hooks = [.. Hooks],
        Maps = new(_maps),
        Programs = [.. HookCatalog.All.Select(hook => Descriptors.Where(p => p.Hook == hook).Select(p => p.Descriptor).FirstOrDefault(-1))],
        Links = _linkDescriptors,
    };

    /// <summary>What an earlier image of this process loaded and attached. The descriptors stay open until the process ends.</summary>
    public static BpfPrograms Adopt(LoadedPrograms loaded) => new(loaded);

    /// <summary>The object that the build embedded.</summary>
    public static byte[] EmbeddedObject()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"the agent was built without {ResourceName}");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <exception cref="BpfException">No program at all can run here.</exception>
    public static BpfPrograms Start(byte[] elf, CaptureOptions options, SensitivePaths sensitivePaths, uint selfPid)
    {
        Tracefs.EnsureMounted();
        var (absent, overlayUpper) = ReadTypes();
        var settings = MakeSettings(options, sensitivePaths, selfPid, overlayUpper);
        var needless = HookCatalog.All.Where(h => Tracefs.LacksCall(h.Call ?? h.Target)).Select(h => h.Program).ToHashSet();
        var reasons = HookCatalog.All.Where(h => options.DisabledHooks.Contains(h.Name))
            .ToDictionary(h => h.Program, _ => "switched off by Capture.DisabledHooks");
        foreach (var program in needless) reasons[program] = "this kernel has no such call";
        foreach (var program in absent) reasons[program] = "this kernel has no such tracepoint";
        needless.UnionWith(HookCatalog.All.Where(h => h.Twin is { } twin && absent.Contains(h.Program) && !absent.Contains(twin)).Select(h => h.Program));

        var bpfObject = LoadWhatLoads(elf, options, settings, reasons);
        FillNames(bpfObject.MapDescriptor("sensitive_names"), sensitivePaths.KernelNames());
        FillNames(bpfObject.MapDescriptor("socket_names"), RuntimeSockets.KernelNames().Select(name => (name, (byte)1)));
        var links = new Dictionary<int, BpfLinkHandle>();
        foreach (var (hook, place) in HookCatalog.All.Select((hook, place) => (hook, place)).Where(p => !reasons.ContainsKey(p.hook.Program)))
        {
            try
            {
                links.Add(place, hook.Over is null ? bpfObject.Attach(hook.Program) : bpfObject.AttachOver(hook.Program, hook.Over));
            }
            catch (BpfException e)
            {
                reasons[hook.Program] = e.Message;
            }
        }

        return new BpfPrograms(bpfObject, links,
        [
            .. HookCatalog.All.Select(h => new HookState(h.Name, !reasons.ContainsKey(h.Program), reasons.GetValueOrDefault(h.Program, ""), needless.Contains(h.Program) ? "" : h.Loses)),
            OverlayState(overlayUpper),
        ]);
    }

    public void Dispose()
    {
        var closers = _links.Values.Chunk((_links.Count / DetachThreads) + 1)
            .Select(links => Task.Factory.StartNew(() => { foreach (var link in links) link.Dispose(); }, default, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        Task.WaitAll(closers.ToArray());
        _object?.Dispose();
    }

    private static BpfObject Prepare(byte[] elf, CaptureOptions options, in Settings settings, IEnumerable<string> without)
    {
        var bpfObject = BpfObject.Open(elf, "runtime");
        try
        {
            bpfObject.SetMaxEntries("events", (uint)options.RingBytes);
            // The linker puts `settings` first; WireLayoutTests holds it to that.
            MemoryMarshal.Write(bpfObject.Constants(), settings);
            foreach (var program in without) bpfObject.SetAutoload(program, false);
            return bpfObject;
        }
        catch
        {
            bpfObject.Dispose();
            throw;
        }
    }

    /// <summary>What the kernel's types tell before anything is loaded; nothing where it has none, and the load then says so.</summary>
    /// <returns>Programs whose tracepoint is absent, found at once where the load would fail once for each; and <see cref="Settings.OverlayUpper"/>.</returns>
    private static (IReadOnlyList<string> Absent, long OverlayUpper) ReadTypes()
    {
        const string prefix = "tp_btf/";
        using var types = KernelTypes.Load();
        if (types is null)
            return ([], 0);
        var absent = HookCatalog.All.Where(h => h.Target.StartsWith(prefix, StringComparison.Ordinal) && !types.HasTypedef($"btf_trace_{h.Target[prefix.Length..]}"));
        using var module = types.OfModule("overlay");
        return ([.. absent.Select(h => h.Program)], OverlayUpper(types, module ?? types));
    }

    /// <summary>How far an inode of overlayfs is from its upper dentry: fs/overlayfs/ovl_entry.h, struct ovl_inode.</summary>
    /// <param name="overlay">Types with those of overlayfs in them, where this kernel tells them.</param>
    /// <returns><see cref="Settings.OverlayUpper"/>.</returns>
    internal static long OverlayUpper(KernelTypes types, KernelTypes overlay)
    {
        // Modules have no types before 5.11, and none that is not loaded yet. The dentry is right behind the inode since 4.13 made the structure.
        if (overlay.SizeOf("ovl_inode") is null)
            return types.SizeOf("inode") ?? 0;
        return overlay.OffsetOf("ovl_inode", "__upperdentry") - overlay.OffsetOf("ovl_inode", "vfs_inode") ?? 0;
    }

    /// <summary>No program of its own, but what those of files and execs need to know: listed like one.</summary>
    internal static HookState OverlayState(long overlayUpper) =>
        new("overlay", overlayUpper != 0, overlayUpper != 0 ? "" : "the kernel's types of overlayfs name no upper dentry", "whether a file was there when its container's image was mounted");

    /// <param name="reasons">By program; those in it are left out, and those that the kernel refuses join them.</param>
    private static BpfObject LoadWhatLoads(byte[] elf, CaptureOptions options, in Settings settings, Dictionary<string, string> reasons)
    {
        // Ends: every turn but the last leaves one more program out.
        while (true)
        {
            var bpfObject = Prepare(elf, options, settings, reasons.Keys);
            try
            {
                bpfObject.Load();
                return bpfObject;
            }
            catch (BpfException e)
            {
                bpfObject.Dispose();
                if (e.Program is not { } program || HookCatalog.All.All(h => h.Program != program) || !reasons.TryAdd(program, e.Message)
                    || reasons.Count == HookCatalog.All.Count)
                    throw;
            }
        }
    }

    private static Settings MakeSettings(CaptureOptions options, SensitivePaths sensitivePaths, uint selfPid, long overlayUpper) => new()
    {
        SelfPid = selfPid,
        WakeBytes = (uint)options.WakeBytes,
        BulkLimitBytes = (uint)(options.RingBytes / 4 * 3),
        ShareBytes = (uint)Math.Max(options.RingBytes / 8, MinShareBytes),
        ShareFromBytes = (uint)(options.RingBytes / 8),
        WakeOnExec = options.WakeOnExec ? (byte)1 : (byte)0,
        SensitiveDirectories = sensitivePaths.HasDirectories ? (byte)1 : (byte)0,
        CgroupByPids = CgroupHierarchies.NamedByPids(File.ReadAllText("/proc/cgroups")) ? (byte)1 : (byte)0,
        SensitiveFirsts = sensitivePaths.KernelFirsts(),
        OverlayUpper = overlayUpper,
        FlowAgeNs = (ulong)options.FlowInterval.TotalNanoseconds,
        CountRepeats = options.RepeatInterval > TimeSpan.Zero ? (byte)1 : (byte)0,
    };

    private static unsafe void FillNames(int map, IEnumerable<(byte[] Name, byte Places)> names)
    {
        var key = stackalloc byte[32];
        foreach (var (name, places) in names)
        {
            new Span<byte>(key, 32).Clear();
            name.CopyTo(new Span<byte>(key, 32));
            var value = places;
            var result = LibBpf.bpf_map_update_elem(map, key, &value, 0);
            if (result < 0) throw new BpfException($"tell the kernel side of '{Encoding.UTF8.GetString(name)}'", -result);
        }
    }
}
