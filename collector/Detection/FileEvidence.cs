using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>What a new kind of write, or the first read of something secret, weighs.</summary>
internal static class FileEvidence
{
    public static Assessment Assess(FileObservation file, in Surroundings surroundings)
    {
        var matches = new List<ClassMatch>();
        if (file.Operation == FileOperation.SensitiveRead)
        {
            matches.Add(new("secret_read", 20, $"it read {SecretWords(Places.SensitiveClass(file.Path))} for the first time", Technique(Places.SensitiveClass(file.Path))));
            return Weighing.Weigh(matches, file.Process, surroundings, lowerLayer: true);
        }

        if ((file.Flags & FileFlags.RunningProgram) != 0)
        {
            // A host's packages are replaced under running services every week.
            matches.Add(new("removed_running", file.Scope.IsHost ? 3 : 30, $"{DisplayText.Path(file.OtherPath.Length > 0 ? file.OtherPath : file.Path)} was removed or replaced while it runs", "T1070.004"));
        }

        var removes = file.Operation == FileOperation.Unlink;
        if (!removes && Places.Sensitive(file.Path) is { } place)
        {
            matches.Add(new("system_file", 30, $"{DisplayText.Path(file.Path)} is in {place.Words}", place.Technique));
        }

        if (file.Operation == FileOperation.ChmodExecutable
            || (file.Operation == FileOperation.Create && (file.Flags & FileFlags.Executable) != 0))
        {
            matches.Add(new("made_executable", 15, "the file can be executed", "T1222.002"));
        }

        if (!removes && ItemKey.ExtensionClass(file.Path) is "php" or "jsp" && (file.Process.Flags & ProcessFlags.NetworkFacing) != 0)
        {
            matches.Add(new("web_script", 15, "a process that serves the network wrote a script that such servers run", "T1505.003"));
        }

        if (matches.Count == 0)
        {
            matches.Add(Places.IsData(file.Path)
                ? new("data_file", 0.5, "a new kind of file in a place for data", "")
                : new("other_file", 1, "a new kind of file", ""));
        }

        return Weighing.Weigh(matches, file.Process, surroundings, lowerLayer: (file.Process.Flags & ProcessFlags.UpperLayer) == 0);
    }

    private static string SecretWords(string sensitiveClass) => sensitiveClass switch
    {
        "sa-token" => "the service account's token",
        "shadow" => "the accounts' password hashes",
        "ssh" => "SSH keys",
        "cloud-credentials" => "cloud credentials",
        "runtime-socket" => "the container runtime's socket",
        "other-process" => "another process's memory or environment",
        _ => "a file that is watched as sensitive",
    };

    private static string Technique(string sensitiveClass) => sensitiveClass switch
    {
        "sa-token" => "T1528",
        "shadow" => "T1003.008",
        "runtime-socket" => "T1611",
        "other-process" => "T1003.007",
        _ => "T1552.001",
    };
}
