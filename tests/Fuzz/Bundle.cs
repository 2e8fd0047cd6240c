using Runtime.Agent.Containers;

namespace Runtime.Fuzz;

/// <summary>The container engines' folders, with the input as one of their files: its first byte says which.</summary>
internal static class Bundle
{
    private static readonly string Root = Path.Join(AppContext.BaseDirectory, "bundle");
    private static readonly string[] Files =
    [
        Make("run/containerd/io.containerd.runtime.v2.task/k8s.io/k1/config.json"),
        Make("run/runc/r1/state.json"),
        Make("var/lib/containers/storage/overlay-containers/p1/userdata/config.json"),
        Make("var/lib/containers/storage/overlay-containers/containers.json"),
    ];
    private static readonly WantedContainer[] Wanted = [new("k1", "", "/k1"), new("r1", "", "/r1"), new("p1", "", "/p1")];

    public static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
            return;
        var file = Files[input[0] % Files.Length];
        File.WriteAllBytes(file, input[1..]);
        try
        {
            using var client = new BundleFiles(Root);
            foreach (var details in client.FindAsync(Wanted, CancellationToken.None).GetAwaiter().GetResult())
                Targets.RequireTexts(details);
        }
        finally
        {
            // The next input meets the same others.
            Clear(file);
        }
    }

    private static string Make(string path)
    {
        var file = Path.Join(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        Clear(file);
        return file;
    }

    private static void Clear(string file) => File.WriteAllText(file, file.EndsWith("containers.json", StringComparison.Ordinal) ? "[]" : "{}");
}
