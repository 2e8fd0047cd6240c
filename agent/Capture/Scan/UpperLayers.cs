using System.Text;
using Runtime.Agent.Interop;
using Runtime.Agent.Processes;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Capture.Scan;

/// <summary>Whether a program is the image's, or was written after its container started: then it lies in the overlay's upper folder. One thread.</summary>
/// <param name="hostRoot">The host's file system, without a closing slash.</param>
internal sealed class UpperLayers(string procRoot, string hostRoot)
{
    /// <summary>Mount namespaces remembered; when there are so many they are read anew.</summary>
    private const int MaxNamespaces = 4096;

    /// <summary>A runtime first makes the namespace and then mounts in it: one so young is read at each start.</summary>
    public const long YoungMilliseconds = 5_000;

    private const long KeptMilliseconds = 10_000;

    // By the namespace's inode; bounded by MaxNamespaces.
    private readonly Dictionary<uint, (MountView View, long MetMs, long ReadMs)> _views = [];

    public ExecFlags Of(ProcfsProcess process)
    {
        if (process.MountNamespace == 0 || process.Binary.Length == 0)
            return ExecFlags.None;
        var now = Environment.TickCount64;
        if (!_views.TryGetValue(process.MountNamespace, out var known))
            known = (new([]), now, 0);
        if ((now - known.MetMs < YoungMilliseconds || now - known.ReadMs > KeptMilliseconds) && Read(process.Pid) is { } view)
        {
            if (_views.Count >= MaxNamespaces)
                _views.Clear();
            _views[process.MountNamespace] = known = (view, known.MetMs, now);
        }
        return Holds(hostRoot, known.View, process.Binary) ? ExecFlags.UpperLayer : ExecFlags.None;
    }

    /// <returns>True when the path is on an overlay of that view and its upper folder has it, or may have it.</returns>
    public static bool Holds(string hostRoot, MountView view, ReadOnlySpan<byte> path)
    {
        if (view.Upper(Encoding.Latin1.GetString(path)) is not { } upper)
            return false;
        // The upper folder is the host's: no process of the container rules the way there, but it rules what is below.
        var folder = LinuxCalls.Open(hostRoot + upper.Folder, RootedPath.PathOnly);
        if (folder < 0)
            return false;
        // Behind renames the way to the file may not be seen to its end: then it is not proven to be the image's.
        var fault = RootedPath.Look(folder, upper.Path);
        _ = close(folder);
        return fault == 0 || fault == EAGAIN;
    }

    /// <returns>Null when the process is gone.</returns>
    private MountView? Read(uint pid)
    {
        try
        {
            return new MountView(MountText.Parse(File.ReadAllBytes($"{procRoot}/{pid}/mountinfo")));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
