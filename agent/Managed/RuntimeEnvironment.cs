namespace Runtime.Agent.Managed;

/// <param name="Name">Of the variable.</param>
/// <param name="Path">The file that it puts into the process; a startup hook may be the name of an assembly.</param>
internal readonly record struct LoaderVariable(byte[] Name, byte[] Path);

/// <summary>What a process's environment tells its .NET runtime. Nothing else of the environment is kept.</summary>
internal sealed class RuntimeEnvironment
{
    /// <summary>Bytes of an environment that are looked at; execve takes up to 2 MiB.</summary>
    public const int MaxBytes = 256 * 1024;

    private const int MaxVariables = 32, MaxPath = 4096;

    /// <summary>Where the runtime puts its socket; not empty.</summary>
    public byte[] TemporaryFolder { get; private set; } = "/tmp"u8.ToArray();

    /// <summary>The diagnostics port was switched off.</summary>
    public bool PortIsOff { get; private set; }

    /// <summary>Both bounded by MaxVariables.</summary>
    public List<LoaderVariable> StartupHooks { get; } = [];
    public List<LoaderVariable> Profilers { get; } = [];

    // TMPDIR=/scratch␀DOTNET_STARTUP_HOOKS=/hooks/a.dll:/hooks/b.dll:Some.Assembly␀CORECLR_ENABLE_PROFILING=1␀
    // CORECLR_PROFILER={guid}␀CORECLR_PROFILER_PATH_64=/apm/libprofiler.so␀CORECLR_NOTIFICATION_PROFILERS=/a.so={guid};/b.so={guid}␀
    // Runtimes take DOTNET_ and, for old times' sake, COMPlus_; numbers are hexadecimal.
    public static RuntimeEnvironment Parse(ReadOnlySpan<byte> environment)
    {
        var result = new RuntimeEnvironment();
        bool profiling = false, notification = false;
        var profilers = new List<LoaderVariable>();
        var notified = new List<LoaderVariable>();
        foreach (var range in environment.Split((byte)0))
        {
            var entry = environment[range];
            var equals = entry.IndexOf((byte)'=');
            if (equals <= 0 || equals + 1 == entry.Length)
                continue;
            var name = entry[..equals];
            var value = entry[(equals + 1)..];
            if (name.SequenceEqual("TMPDIR"u8) && value.Length <= MaxPath && value[0] == '/')
                result.TemporaryFolder = value.ToArray();
            var plain = WithoutPrefix(name);
            if (plain.SequenceEqual("STARTUP_HOOKS"u8))
                AddAll(result.StartupHooks, name, value, (byte)':');
            else if (plain.SequenceEqual("EnableDiagnostics"u8) || plain.SequenceEqual("EnableDiagnostics_IPC"u8))
                result.PortIsOff |= IsZero(value);
            else if (plain.SequenceEqual("ENABLE_PROFILING"u8))
                profiling = !IsZero(value);
            else if (plain.SequenceEqual("ENABLE_NOTIFICATION_PROFILERS"u8))
                notification = !IsZero(value);
            else if (plain.StartsWith("PROFILER_PATH"u8))
                Add(profilers, name, value);
            else if (plain.SequenceEqual("NOTIFICATION_PROFILERS"u8))
                AddAll(notified, name, value, (byte)';');
        }
        if (profiling)
            result.Profilers.AddRange(profilers);
        if (notification)
            result.Profilers.AddRange(notified.Select(n => n with { Path = n.Path.AsSpan().LastIndexOf("={"u8) is >= 0 and var at ? n.Path[..at] : n.Path }));
        return result;
    }

    private static ReadOnlySpan<byte> WithoutPrefix(ReadOnlySpan<byte> name) =>
        name.StartsWith("DOTNET_"u8) ? name[7..]
        : name.StartsWith("COMPlus_"u8) || name.StartsWith("CORECLR_"u8) ? name[8..]
        : [];

    private static bool IsZero(ReadOnlySpan<byte> value) => !value.Trim((byte)' ').TrimStart("0x"u8).ContainsAnyExcept((byte)'0');

    private static void AddAll(List<LoaderVariable> list, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, byte separator)
    {
        foreach (var range in value.Split(separator))
            Add(list, name, value[range]);
    }

    private static void Add(List<LoaderVariable> list, ReadOnlySpan<byte> name, ReadOnlySpan<byte> path)
    {
        if (path.Length > 0 && list.Count < MaxVariables)
            list.Add(new(name.ToArray(), path[..Math.Min(path.Length, MaxPath)].ToArray()));
    }
}
