using System.Globalization;
using Runtime.Collector.Baselines;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>What a new kind of write, or the first read of something secret, weighs.</summary>
internal static class FileEvidence
{
    /// <summary>FS_IMMUTABLE_FL, FS_APPEND_FL (linux/fs.h).</summary>
    private const int ImmutableOrAppend = 0x10 | 0x20;

    public static Assessment Assess(FileObservation file, in Surroundings surroundings)
    {
        var matches = new List<ClassMatch>();
        if ((file.Flags & FileFlags.Device) != 0 && Places.Control(file.Path) is null)
        {
            var words = $"it opened the disk {DisplayText.Path(file.Path)} {(file.Operation == FileOperation.SensitiveRead ? "for reading" : "for writing")}, past every file's rights";
            matches.Add(new("raw_disk", file.Scope.IsHost ? 2 : 300, words, "T1611", Severity.High));
            return Weighing.Weigh(matches, file.Process, surroundings, lowerLayer: true);
        }

        if (file.Operation == FileOperation.SensitiveRead)
        {
            var kind = Places.SensitiveClass(file.Path);
            matches.Add(new("secret_read", WeightOfRead(file, kind), $"it read {SecretWords(kind)} for the first time", Technique(kind), kind == "other-process" ? Severity.Medium : Severity.High));
            return Weighing.Weigh(matches, file.Process, surroundings, lowerLayer: true);
        }

        if (OfChange(file) is { } change)
        {
            matches.Add(change);
        }

        if ((file.Flags & FileFlags.RunningProgram) != 0)
        {
            // A host's packages are replaced under running services every week.
            matches.Add(new("removed_running", file.Scope.IsHost ? 3 : 30, $"{DisplayText.Path(file.OtherPath.Length > 0 ? file.OtherPath : file.Path)} was removed or replaced while it runs", "T1070.004"));
        }

        if (file.Operation is FileOperation.Link or FileOperation.Rename && Places.SensitiveClass(file.OtherPath) is var secret
            && secret != file.OtherPath && secret != Places.SensitiveClass(file.Path))
        {
            matches.Add(new("secret_renamed", file.Scope.IsHost ? 3 : 30, $"it gave {SecretWords(secret)} another name, under which reading is not told", Technique(secret), Severity.High));
        }

        var removes = file.Operation == FileOperation.Unlink;
        if (!removes && Places.Sensitive(file.Path) is { } place)
        {
            matches.Add(new("system_file", file.Scope.IsHost ? 30 : place.Ratio, $"{DisplayText.Path(file.Path)} is in {place.Words}", place.Technique, place.Gravity));
        }

        if (Places.IsHistory(file.Path) && file.Operation is FileOperation.Unlink or FileOperation.Symlink or FileOperation.Truncate or FileOperation.Rename && !file.Scope.IsHost)
        {
            matches.Add(new("history_cleared", 30, $"a shell's history ({DisplayText.Path(file.Path)}) was removed or led elsewhere", "T1070.003"));
        }

        if (file.Operation is FileOperation.Unlink or FileOperation.Truncate && Places.IsLog(file.Path) && !file.Scope.IsHost)
        {
            matches.Add(new("log_cleared", 30, $"the log {DisplayText.Path(file.Path)} was removed or emptied", "T1070.002", Severity.High));
        }

        if (file.Operation == FileOperation.ChmodExecutable
            || (file.Operation == FileOperation.Create && (file.Flags & FileFlags.Executable) != 0))
        {
            // A start unpacks programs; who serves makes none.
            matches.Add(new("made_executable", file.Process.Phase == Phase.Steady ? 25 : 15, "the file can be executed", "T1222.002"));
        }

        if (!removes && ItemKey.ExtensionClass(file.Path) is "php" or "jsp" && (file.Process.Flags & ProcessFlags.NetworkFacing) != 0)
        {
            matches.Add(new("web_script", 25, "a process that serves the network wrote a script that such servers run", "T1505.003", Severity.High));
        }

        if (matches.Count == 0)
        {
            matches.Add(Places.IsData(file.Path)
                ? new("data_file", 0.5, "a new kind of file in a place for data", "")
                : new("other_file", 1, "a new kind of file", ""));
        }

        return Weighing.Weigh(matches, file.Process, surroundings, lowerLayer: (file.Process.Flags & ProcessFlags.UpperLayer) == 0);
    }

    /// <summary>Clean-up jobs remove many files too, and are learnt or approved; nobody's job gives all files of a folder another ending within minutes.</summary>
    public static Assessment OfMany(FileObservation file, MassChange change, in Surroundings surroundings)
    {
        var match = change.Ending.Length > 0
            ? new ClassMatch("files_replaced", 300, string.Create(CultureInfo.InvariantCulture, $"{change.Files} files gave way to files of their names with '{DisplayText.Path(change.Ending)}' behind, as one does who encrypts them"), "T1486", Severity.Critical)
            : new ClassMatch("files_removed", 20, string.Create(CultureInfo.InvariantCulture, $"{change.Files} files were removed within minutes"), "T1485");
        return Weighing.Weigh([match], file.Process, surroundings, lowerLayer: (file.Process.Flags & ProcessFlags.UpperLayer) == 0);
    }

    /// <summary>What changes a file and is no writing. On a host packages and services do so at every update.</summary>
    private static ClassMatch? OfChange(FileObservation file) => (file.Operation, file.Scope.IsHost) switch
    {
        (FileOperation.SensitiveWrite, var host) when Places.Control(file.Path) is { } control =>
            new(control.Class, host ? 5 : 300, $"it set {control.Words} ({DisplayText.Path(file.Path)})", control.Technique, control.Class is "process_memory" or "memory_device" ? Severity.Critical : Severity.High),
        (FileOperation.SensitiveWrite, var host) => new("kernel_setting", host ? 2 : 60, $"it changed a setting of the node's kernel ({DisplayText.Path(file.Path)})", "T1562.001"),
        (FileOperation.ChmodSpecial, var host) => new("special_mode", host ? 3 : 40, "who runs the file has its owner's or group's rights", "T1548.001", Severity.High),
        (FileOperation.Xattr, var host) when file.RemovedAttribute && file.OtherPath is ("security.selinux" or "security.ima" or "security.evm") =>
            new("mark_removed", host ? 3 : 20, "what the kernel checks the file by was taken from it", "T1222.002"),
        (FileOperation.Xattr, var host) when !file.RemovedAttribute && file.OtherPath == "security.capability" => new("file_capability", host ? 3 : 60, "who runs the file gets capabilities", "T1548.001", Severity.High),
        (FileOperation.MakeNode, var host) => new("device_node", host ? 2 : 100, "a device node reaches the device past the container", "T1611", Severity.High),
        (FileOperation.Attribute, var host) when (file.Flags & FileFlags.Refused) != 0 =>
            new("immutable", host ? 3 : 20, "it tried to make the file such that nobody can change or remove it (immutable or append-only), which was refused", "T1222.002"),
        (FileOperation.Attribute, var host) when (file.Mode & ImmutableOrAppend) != 0 => new("immutable", host ? 3 : 20, "nobody can change or remove the file any more (immutable or append-only)", "T1222.002"),
        (FileOperation.Attribute, _) => new("attributes", 4, "attributes of the file were changed", "T1222.002"),
        // Archives and copies bring their files' times along; who calls touch for one that is not now has a reason.
        (FileOperation.Times, false) when ProgramNames.CalledName(file.Process.Binary, file.Process.Arguments) == "touch" && file.Process.Phase == Phase.Steady =>
            new("timestomp", 20, "the time of its last change was set by hand", "T1070.006"),
        (FileOperation.Times, _) => new("timestomp", 3, "the time of its last change was set by hand", "T1070.006"),
        _ => null,
    };

    /// <summary>An application begins to use the cluster's API or another process's state with some release; nobody's begins to read password hashes.</summary>
    private static double WeightOfRead(FileObservation file, string sensitiveClass) => sensitiveClass switch
    {
        // ps and its like look at every process's environment, whoever calls them.
        "other-process" when file.Path.EndsWith("/environ", StringComparison.Ordinal) && (file.Process.Flags & ProcessFlags.UpperLayer) == 0
            && ProgramNames.ShowsProcesses(ProgramNames.CalledName(file.Process.Binary, file.Process.Arguments)) => 2,
        // Whoever starts something for an account looks whether it is still valid (PAM).
        "shadow" when (file.Process.Flags & ProcessFlags.UpperLayer) == 0 && ProgramNames.ChecksAccounts(file.Process.Binary) => 2,
        // Asked for an account by root, Perl's getpw reads this too: psql of Debian is such a script.
        "shadow" when (file.Process.Flags & ProcessFlags.UpperLayer) == 0 && ProgramNames.BaseName(file.Process.Binary) == "perl" && Places.IsProgramFolder(file.Process.Script) => 2,
        "sa-token" or "other-process" => 20,
        _ => 60,
    };

    private static string SecretWords(string sensitiveClass) => sensitiveClass switch
    {
        "sa-token" => "the service account's token",
        "shadow" => "the accounts' password hashes",
        "ssh" => "SSH keys",
        "cloud-credentials" => "cloud credentials",
        "cluster-credentials" => "credentials of the cluster",
        "kubelet-credentials" => "the node's own credentials of the cluster",
        "credentials" => "credentials",
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
