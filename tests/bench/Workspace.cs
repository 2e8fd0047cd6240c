namespace Runtime.Bench;

/// <summary>One folder for all that a run and what it starts write, by TMPDIR: a load that is killed in the middle leaves nothing outside.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-bench-").FullName;

    public Workspace() => Environment.SetEnvironmentVariable("TMPDIR", _folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
