using System.Runtime.CompilerServices;
using System.Text.Json;
using Runtime.Agent.Binaries;
using Runtime.Agent.Capture;
using Runtime.Agent.Capture.Connector;
using Runtime.Agent.Capture.Scan;
using Runtime.Agent.Containers;
using Runtime.Agent.Managed;
using Runtime.Agent.Names;
using Runtime.Agent.Packages;
using Runtime.Agent.Processes;
using Runtime.Agent.Recording;
using Runtime.Agent.Reduction;
using Runtime.Agent.Resources;
using Runtime.Collector.Query.Search;

namespace Runtime.Fuzz;

/// <summary>Everything of the agent that reads what a container, a file, the network or another program made; of the collector what reads what people ask.</summary>
internal static class Targets
{
    private static readonly RecordDecoder Records = new(new SensitivePaths(new CaptureOptions().SensitivePaths));
    private static readonly CheckingSink Sink = new();
    private static readonly DnsMessage Dns = new();
    private static readonly Redaction Secrets = new(new byte[16]);

    // A new decoder is a line here and a folder of samples in corpus/.
    public static IReadOnlyList<Target> All { get; } =
    [
        new("ring", input => Records.TryDecode(input, Sink), Never),
        new("elf", Elf, Never),
        new("maps", Maps, Never),
        new("mountinfo", MountInfo, Never),
        new("sockets", Sockets, Never),
        new("cgroup", Cgroup, Never),
        new("proc", Proc, Never),
        new("dns", Names, Never),
        new("payload", input => PayloadClass.Of(input), Never),
        new("tls", Hello, Never),
        new("arguments", Arguments, Never),
        new("paths", Paths, Never),
        new("nettrace", Nettrace, e => e is InvalidDataException),
        new("cri", CriAnswers.Run, e => e is RuntimeCallException),
        new("docker", Docker, e => e is JsonException),
        new("bundle", Bundle.Run, e => e is RuntimeCallException),
        new("netlink", Netlink, Never),
        new("packages", Packages, Never),
        new("rpm", Rpm, Never),
        new("recording", Recording, e => e is RecordingException),
        new("search", SearchQueries.Run, e => e is SearchFaultException),
        // Bytes 22, 3, at most 4, any two, 1: nobody guesses them, but each is a branch.
        new("self-check", input => Require(PayloadClass.Of(input) != PayloadClass.Tls, "a TLS hello is found from nothing"), Never, IsPlanted: true),
    ];

    private static bool Never(Exception e) => false;

    private static void Hello(ReadOnlySpan<byte> input)
    {
        var told = TlsHello.Read(input, out var name);
        Require((told == ServerName.Found) == name.Length is > 0 and <= TlsHello.MaxName, "a name that is none");
        Require(name.IndexOfAnyExceptInRange((byte)'-', (byte)'z') < 0, "a name with a byte that no name has");
        // More bytes never take back what fewer told.
        if (told == ServerName.Found)
            Require(TlsHello.Read([.. input, 1], out _) == ServerName.Found, "a name that is lost with one byte more");
    }

    private static void Elf(ReadOnlySpan<byte> input) => AsFile(input, (readAt, length) =>
    {
        ElfFile.Inspect(readAt, length, isLibrary: false);
        ElfFile.Inspect(readAt, length, isLibrary: true);
    });

    private static unsafe void AsFile(ReadOnlySpan<byte> input, Action<ReadAt, long> read)
    {
        fixed (byte* start = input)
        {
            // A lambda holds no span.
            var (file, length) = ((nint)start, input.Length);
            int ReadAt(long offset, Span<byte> target)
            {
                if (offset < 0 || offset >= length)
                    return 0;
                var part = new ReadOnlySpan<byte>((byte*)file, length)[(int)offset..];
                part = part[..Math.Min(part.Length, target.Length)];
                part.CopyTo(target);
                return part.Length;
            }
            read(ReadAt, length);
        }
    }

    private static void Maps(ReadOnlySpan<byte> input)
    {
        RuntimeMaps.HasRuntime(input);
        Require(RuntimeMaps.NewAssemblies(input, [], 10).Count <= 10, "no more than asked for");
        RuntimeEnvironment.Parse(input);
    }

    private static void MountInfo(ReadOnlySpan<byte> input)
    {
        var mounts = Agent.Standing.MountText.Parse(input, 100);
        _ = Agent.Standing.MountText.ThatReachTheHost(mounts, mounts).Count();
        var view = new MountView(Agent.Capture.Scan.MountText.Parse(input));
        view.Translate("/var/log/app/x", view);
        view.Upper("/var/log/app/x");
    }

    private static void Sockets(ReadOnlySpan<byte> input)
    {
        ulong left = 0;
        Agent.Standing.SocketText.Parse(input, Agent.Standing.SocketText.Tcp, [], 100, ref left);
        NetworkText.Parse(input, SocketSighting.Tcp, []);
        PortClients.Count(input);
    }

    private static void Cgroup(ReadOnlySpan<byte> input)
    {
        CgroupPath.Parse(input);
        ProcfsText.ParseCgroup(input);
        _ = CgroupText.TryParseCpuStat(input, out _, out _);
        CgroupText.ParseCpuStatV1(input);
        _ = CgroupText.TryParseCpuacct(input, out _);
        CgroupText.ParseCpuMax(input);
        CgroupText.ParseIoStat(input);
        CgroupText.ParseBlkio(input);
        CgroupText.ParseProcesses(input, stackalloc uint[64], out var stored);
        Require(stored <= 64, "no more than there is room for");
    }

    private static void Proc(ReadOnlySpan<byte> input)
    {
        _ = ProcfsText.TryParseStat(input, out _);
        _ = ProcfsText.TryParseStatus(input, out _);
        ProcfsText.ParseNamespaceLink(input);
        _ = NodeText.TryParseStat(input, out _);
        _ = NodeText.TryParseMeminfo(input, out _, out _);
        _ = NodeText.TryParseVmstat(input, out _);
        _ = NodeText.TryParseTasks(input, out _);
        NodeText.ParseNetDev(input);
        _ = NodeText.TryParseProcess(input, out _);
    }

    private static void Names(ReadOnlySpan<byte> input)
    {
        Dns.TryReadStream(input);
        if (!Dns.TryRead(input))
            return;
        Require(Dns.Name.Length <= DnsMessage.MaxName, "a name has its longest length");
        for (var i = 0; i < Dns.Count; i++)
            Require(Dns.Address(i).Length is 4 or 16, "an address has 4 or 16 bytes");
    }

    private static void Arguments(ReadOnlySpan<byte> input)
    {
        Require(Secrets.Redact(input, out _).Length <= Redaction.MaxLength, "arguments have their longest length");
        var flags = ProcessFlags.None;
        Require(LoaderVariables.Of(input, Secrets, ref flags).Length <= LoaderVariables.MaxLength, "variables have their longest length");
        DynamicLoader.PayloadOf("/lib64/ld-linux-x86-64.so.2"u8, input, "/work"u8);
    }

    private static void Paths(ReadOnlySpan<byte> input)
    {
        Span<byte> target = stackalloc byte[KernelPath.MaxBytes];
        _ = KernelPath.TryAssemble(input, truncated: false, target, out _);
        _ = KernelPath.TryAssemble(input, truncated: true, target, out _);
        PathTemplate.Write(input, ProcOwner.Other, stackalloc byte[PathTemplate.MaxLength]);
        PathTemplate.TryProcPid(input, out _);
        ControlFiles.Contains(input);
    }

    private static void Nettrace(ReadOnlySpan<byte> input)
    {
        var loads = new AssemblyLoads(load => Require(load.Path.Length <= AssemblyLoads.MaxPathBytes, "a path has its longest length"));
        // As sockets hand it over: in pieces.
        var reader = new NettraceReader(new NettraceEvents(loads));
        for (var rest = input; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, 97)..])
            reader.Add(rest[..Math.Min(rest.Length, 97)]);
        loads.Finish();
    }

    private static void Docker(ReadOnlySpan<byte> input)
    {
        if (JsonSerializer.Deserialize(input, DockerJson.Default.DockerContainer) is { } container)
            RequireTexts(DockerClient.DetailsOf(container, JsonSerializer.Deserialize(input, DockerJson.Default.DockerImage), "docker", DateTimeOffset.UnixEpoch));
    }

    private static void Netlink(ReadOnlySpan<byte> input)
    {
        _ = ProcNotice.TryParse(input, out _);
        for (var rest = input; DiagMessage.TryTake(ref rest, SocketSighting.Tcp, out _, out _, out _);)
        {
        }
        for (var rest = input; FanotifyNotice.TryTake(ref rest, out var notice);)
        {
            for (var names = notice.Information; FanotifyName.TryTake(ref names, out _);)
            {
            }
        }
    }

    private static void Packages(ReadOnlySpan<byte> input)
    {
        // As long as the longest, which a link may make of a path at every step.
        var aliases = new PathAliases([("bin"u8.ToArray(), "usr/bin"u8.ToArray()), ("lib"u8.ToArray(), "bin"u8.ToArray()), ("usr/bin"u8.ToArray(), [.. Enumerable.Repeat((byte)'x', 64)])]);
        var index = new PackageIndexBuilder(SumKind.Sha1, aliases);
        var package = index.Add(PackageName.None);
        ApkText.Read(input, index);
        for (var rest = input; DpkgText.TryTake(ref rest, out var stanza);)
        {
            if (DpkgText.IsFileName(stanza.Name))
                Require(!stanza.Name.ContainsAny((byte)'/', (byte)0) && stanza.Name.Length <= PackageName.MaxName, "a name that leads nowhere else");
        }
        for (var rest = input; DpkgText.TryTakeSum(ref rest, out var sum, out var path);)
            index.Own(package, aliases.KeyOf(path), sum);
        for (var rest = input; DpkgText.TryTakeDiversion(ref rest, out var from, out var to, out _);)
            Require(from.Length + to.Length <= input.Length, "lines are parts of the text");
        Require(DatabaseText.Distribution(input).Length <= 2 * PackageName.MaxName + 1, "a name has its longest length");
        var built = index.Build([]);
        for (var rest = input; DatabaseText.TryTakeLine(ref rest, out var line);)
        {
            var verdict = built.Judge(line, input.Length >= 16 ? input[..16] : []).Verdict;
            Require(verdict != PackageVerdict.Mismatch || built.Needs(line) != SumKind.None, "without a sum nothing differs");
        }
    }

    private static void Rpm(ReadOnlySpan<byte> input)
    {
        var index = new PackageIndexBuilder(SumKind.Sha256, PathAliases.None);
        RpmPackage.Read(input, index);
        AsFile(input, (readAt, length) => RpmDatabase.TryRead(readAt, length, 1 << 20, index));
        // A folder, a name and a digest have a byte each at least.
        Require(index.Files <= input.Length, "a file for each name");
        var (_, package) = index.Build([]).Judge("/usr/bin/tool1"u8, input.Length >= 16 ? input[..16] : []);
        foreach (var text in (byte[][])[package.Name, package.Version, package.Architecture])
            Require(text.Length == 0 || DatabaseText.IsName(text), "a name that can be told");
    }

    private static void Recording(ReadOnlySpan<byte> input)
    {
        using var reader = new RecordingReader("recording", new MemoryStream(Checksums.Mend(input)));
        foreach (var record in reader.ReadRecords())
            Records.TryDecode(record.Span, Sink);
    }

    /// <summary>JSON's null passes a type that says it has none.</summary>
    public static void RequireTexts(ContainerDetails details)
    {
        foreach (var text in (string[])[details.Id, details.Runtime, details.Name, details.PodName, details.PodNamespace, details.PodUid, details.PodIp, details.Image, details.ImageDigest, .. details.PodLabels?.Values ?? []])
            Require(text is not null, "a text is never null");
    }

    public static void Require(bool holds, string rule, [CallerArgumentExpression(nameof(holds))] string of = "")
    {
        if (!holds)
            throw new InvalidOperationException($"{rule}: {of}");
    }
}
