using Runtime.Agent.Binaries;
using Runtime.Agent.Capture;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Reduction;

internal sealed partial class Reducer
{
    private const int MaxRunning = 16_384;

    // By container and path: the last process that executed it. Bounded by MaxRunning, what was not used for longest leaves;
    // whether it still runs is asked of the process table.
    private readonly RecentFiles<UInt128, ProcessKey> _running = new(MaxRunning);

    private void NoteRunning(ProcessRecord process)
    {
        if (process.Binary.Length > 0)
            _running.Set(_key.OfRunning(process.ContainerId, process.Binary), process.Key);
    }

    /// <summary>The file of a program that runs is removed, renamed, or gives way to another. Found by its path: a removed name has no inode any more.</summary>
    private bool RemovesRunning(ProcessRecord process, in FileEvent e) => e.Operation switch
    {
        FileOperation.Unlink => IsRunning(process.ContainerId, e.Path),
        FileOperation.Rename => IsRunning(process.ContainerId, e.OtherPath) || IsRunning(process.ContainerId, e.Path),
        _ => false,
    };

    private bool IsRunning(string containerId, ReadOnlySpan<byte> path) =>
        _running.TryGet(_key.OfRunning(containerId, path), out var key) && _processes.IsRunning(key, path);
}
