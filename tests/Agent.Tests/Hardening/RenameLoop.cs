namespace Runtime.Agent.Tests.Hardening;

/// <summary>Somebody who renames in a loop while it lives: the kernel answers EAGAIN to a walk of a ".." that meets it.</summary>
internal sealed class RenameLoop : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _renaming;

    public RenameLoop(string folder)
    {
        var (a, b) = (Path.Join(folder, "a"), Path.Join(folder, "b"));
        Directory.CreateDirectory(a);
        _renaming = Task.Factory.StartNew(
            () =>
            {
                while (!_stop.IsCancellationRequested)
                {
                    Directory.Move(a, b);
                    Directory.Move(b, a);
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Makes a link with so many ".." on its way that hardly a walk comes to its end while somebody renames.</summary>
    public static void MakeLongWay(string folder, string link, string target)
    {
        // The kernel follows 40 links, of 4,095 bytes each.
        const int links = 30, steps = 800;
        Directory.CreateDirectory(Path.Join(folder, "x"));
        for (var i = 0; i < links; i++)
            File.CreateSymbolicLink(Path.Join(folder, i == 0 ? link : $"{link}.{i}"), string.Concat(Enumerable.Repeat("x/../", steps)) + (i == links - 1 ? target : $"{link}.{i + 1}"));
    }

    public void Dispose()
    {
        _stop.Cancel();
        _renaming.Wait();
        _stop.Dispose();
    }
}
