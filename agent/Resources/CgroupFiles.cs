using Runtime.Agent.Containers;

namespace Runtime.Agent.Resources;

/// <summary>Where the controllers of this machine are mounted: all in v2, or v1's hierarchies, with v2 beside them or not.</summary>
internal sealed class CgroupMounts
{
    private static readonly string[] PageSizes = ["2MB", "1GB", "64KB", "32MB", "16GB", "512MB"];
    private readonly string _root;

    public CgroupMounts(ContainerOptions options)
    {
        _root = options.CgroupRoot.TrimEnd('/');
        IsV2 = File.Exists($"{_root}/cgroup.controllers");
        HasIo = IsV2 ? File.ReadAllText($"{_root}/cgroup.controllers").Split(' ', '\n').Contains("io") : Directory.Exists($"{_root}/blkio");
        // hugetlb.2MB.current stands in every cgroup but the root whose parent enables the controller; the sizes are the machine's.
        HugePages = PageSizes.Where(size => Directory.Exists($"/sys/kernel/mm/hugepages/hugepages-{KilobytesOf(size)}kB")).ToArray();
    }

    public bool IsV2 { get; }

    /// <summary>The I/O controller's files are there, so that an empty one means that nothing was read or written.</summary>
    public bool HasIo { get; }
    public IReadOnlyList<string> HugePages { get; }

    /// <summary>Path of a file as <see cref="SmallFile.Read"/> takes it.</summary>
    /// <param name="controller">Of v1; v2 has one tree for all.</param>
    public byte[] PathOf(string controller, string cgroup, string name) => SmallFile.Path($"{(IsV2 ? _root : $"{_root}/{controller}")}{cgroup}/{name}");

    private static long KilobytesOf(string size) => long.Parse(size[..^2], global::System.Globalization.CultureInfo.InvariantCulture) * (size[^2] switch { 'G' => 1024 * 1024, 'M' => 1024, _ => 1 });
}

/// <summary>The files of one cgroup that tell what it uses, of either version.</summary>
internal sealed class CgroupFiles
{
    private readonly bool _isV2, _hasIo;
    private readonly byte[] _cpu, _throttling, _quota, _period, _memory, _io, _tasks, _processes;
    private readonly byte[][] _hugePages;

    /// <param name="cgroup">From the root of its hierarchy.</param>
    public CgroupFiles(CgroupMounts mounts, string cgroup)
    {
        (_isV2, _hasIo) = (mounts.IsV2, mounts.HasIo);
        (_cpu, _throttling, _quota, _period) = _isV2
            ? (At("cpu.stat"), [], At("cpu.max"), [])
            : (Of("cpuacct", "cpuacct.stat"), Of("cpu", "cpu.stat"), Of("cpu", "cpu.cfs_quota_us"), Of("cpu", "cpu.cfs_period_us"));
        _memory = _isV2 ? At("memory.current") : Of("memory", "memory.usage_in_bytes");
        _io = _isV2 ? At("io.stat") : Of("blkio", "blkio.throttle.io_service_bytes_recursive");
        _tasks = Of("pids", "pids.current");
        _processes = Of("pids", "cgroup.procs");
        _hugePages = [.. mounts.HugePages.Select(size => _isV2 ? At($"hugetlb.{size}.current") : Of("hugetlb", $"hugetlb.{size}.usage_in_bytes"))];

        byte[] At(string name) => mounts.PathOf("", cgroup, name);
        byte[] Of(string controller, string name) => mounts.PathOf(controller, cgroup, name);
    }

    /// <returns>False when the cgroup is gone, or has no such controller.</returns>
    /// <param name="hasQuota">Without one v1's second file is not worth its reading.</param>
    /// <param name="throttle">Null where no quota can be set, or none is.</param>
    public bool TryReadCpu(SmallFile file, bool hasQuota, out CpuCounters cpu, out ThrottleCounters? throttle)
    {
        if (_isV2)
            return CgroupText.TryParseCpuStat(file.Read(_cpu), out cpu, out throttle);
        throttle = null;
        if (!CgroupText.TryParseCpuacct(file.Read(_cpu), out cpu))
            return false;
        if (hasQuota)
            throttle = CgroupText.ParseCpuStatV1(file.Read(_throttling));
        return true;
    }

    /// <returns>Share of one processor in billionths; 0 without a quota.</returns>
    public ulong ReadQuota(SmallFile file)
    {
        if (_isV2)
            return CgroupText.ParseCpuMax(file.Read(_quota));
        // The second read takes the first one's place in the buffer.
        Span<byte> quota = stackalloc byte[32];
        var read = file.Read(_quota);
        read = read[..Math.Min(read.Length, quota.Length)];
        read.CopyTo(quota);
        return CgroupText.ParseQuota(quota[..read.Length], file.Read(_period));
    }

    public ulong? ReadMemory(SmallFile file) => CgroupText.TryWhole(file.Read(_memory), out var bytes) ? bytes : null;

    /// <returns>Null where no size of page is counted.</returns>
    public ulong? ReadHugePages(SmallFile file)
    {
        ulong? sum = null;
        foreach (var path in _hugePages)
        {
            if (CgroupText.TryWhole(file.Read(path), out var bytes))
                sum = (sum ?? 0) + bytes;
        }
        return sum;
    }

    /// <returns>Null without the controller; a cgroup that read and wrote nothing has an empty file.</returns>
    public IoCounters? ReadIo(SmallFile file) =>
        !_hasIo ? null : _isV2 ? CgroupText.ParseIoStat(file.Read(_io)) : CgroupText.ParseBlkio(file.Read(_io));

    public uint? ReadTasks(SmallFile file) => CgroupText.TryWhole(file.Read(_tasks), out var tasks) ? (uint)Math.Min(tasks, uint.MaxValue) : null;

    /// <returns>How many processes; the first of them are in <paramref name="into"/>.</returns>
    public int ReadProcesses(SmallFile file, Span<uint> into, out int stored) => CgroupText.ParseProcesses(file.Read(_processes), into, out stored);
}
