using Runtime.Agent.Processes;

namespace Runtime.Agent.Managed;

/// <summary>Which programs hold a .NET runtime, as their earlier processes showed. One thread.</summary>
/// <remarks>So that a shell's thousandth start costs a look into a table and nothing else.</remarks>
internal sealed class DotNetPrograms(TimeProvider time)
{
    private const int MaxPrograms = 4096;

    /// <summary>A program may load a runtime late once: nothing is believed for ever.</summary>
    private static readonly TimeSpan Belief = TimeSpan.FromMinutes(10);

    // Bounded by MaxPrograms: all are forgotten when it is full, and learnt anew.
    private readonly Dictionary<Program, (bool HasRuntime, long Stamp)> _programs = [];

    /// <returns>Null while it is not known.</returns>
    public bool? HasRuntime(ProcessRecord process)
    {
        if (process.Binary.AsSpan().EndsWith("/dotnet"u8))
            return true;
        return _programs.TryGetValue(Program.Of(process), out var known) && time.GetElapsedTime(known.Stamp) < Belief ? known.HasRuntime : null;
    }

    public void Learn(ProcessRecord process, bool hasRuntime)
    {
        // Without an inode the file is not known, and neither is the next one.
        if (process.Inode == 0)
            return;
        if (_programs.Count >= MaxPrograms)
            _programs.Clear();
        _programs[Program.Of(process)] = (hasRuntime, time.GetTimestamp());
    }

    private readonly record struct Program(uint Device, ulong Inode, ulong Size, long ChangedUnixSeconds)
    {
        public static Program Of(ProcessRecord p) => new(p.Device, p.Inode, p.Size, p.ChangedUnixSeconds);
    }
}
