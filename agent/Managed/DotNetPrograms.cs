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
    private readonly Dictionary<Program, Verdict> _programs = [];

    /// <returns>Null while it is not known.</returns>
    public bool? HasRuntime(ProcessRecord process)
    {
        if (process.Binary.AsSpan().EndsWith("/dotnet"u8))
            return true;
        return Find(process)?.HasRuntime;
    }

    /// <summary>Another process of the program was that old, or older, and had none: this one need not be looked at.</summary>
    /// <param name="attempt">Stands for the age.</param>
    public bool HadNone(ProcessRecord process, int attempt) => Find(process) is { HasRuntime: null } verdict && attempt <= verdict.Attempt;

    /// <param name="isFinal">No process of it will have one.</param>
    public void LearnNone(ProcessRecord process, int attempt, bool isFinal) => Remember(process, new(isFinal ? false : null, attempt, time.GetTimestamp()));

    public void LearnRuntime(ProcessRecord process) => Remember(process, new(true, 0, time.GetTimestamp()));

    private Verdict? Find(ProcessRecord process) =>
        _programs.TryGetValue(Program.Of(process), out var verdict) && time.GetElapsedTime(verdict.Stamp) < Belief ? verdict : null;

    private void Remember(ProcessRecord process, Verdict verdict)
    {
        // Without an inode the file is not known, and neither is the next one.
        if (process.Inode == 0)
            return;
        if (_programs.Count >= MaxPrograms)
            _programs.Clear();
        _programs[Program.Of(process)] = verdict;
    }

    /// <param name="HasRuntime">Null: not decided, but none up to <paramref name="Attempt"/>.</param>
    private readonly record struct Verdict(bool? HasRuntime, int Attempt, long Stamp);

    private readonly record struct Program(uint Device, ulong Inode, ulong Size, long ChangedUnixSeconds)
    {
        public static Program Of(ProcessRecord p) => new(p.Device, p.Inode, p.Size, p.ChangedUnixSeconds);
    }
}
