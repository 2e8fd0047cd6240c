using System.Globalization;
using System.Text.Json;

namespace Runtime.Pods;

/// <summary>What a node has put on the machine, kept in a file so that a later run can take away what a killed one left.</summary>
/// <param name="Name">Short and unique; names the network namespace too.</param>
/// <param name="Folder">Everything of its containerd; its path stands in the command lines of containerd and of every shim.</param>
/// <param name="OwnerPid">The process that made the node.</param>
/// <param name="OwnerStart">Field 22 of its /proc/PID/stat, clock ticks since boot: tells it from a later process with the same pid.</param>
/// <param name="PodUids">Of all pods that it ever ran; they stand in the cgroup paths.</param>
internal sealed record NodeRecord(string Name, string Folder, int OwnerPid, ulong OwnerStart, IReadOnlyList<string> PodUids)
{
    private const string Records = "/run/runtime-pods";

    private string PathOfRecord => Path.Combine(Records, Name + ".json");

    public static NodeRecord Create()
    {
        var folder = Directory.CreateTempSubdirectory("rtp-").FullName;
        return new NodeRecord(Path.GetFileName(folder), folder, Environment.ProcessId, StartOf(Environment.ProcessId) ?? 0, []);
    }

    /// <summary>Nodes whose owner has ended.</summary>
    public static IReadOnlyList<NodeRecord> Abandoned()
    {
        if (!Directory.Exists(Records))
        {
            return [];
        }

        var records = new List<NodeRecord>();
        foreach (var path in Directory.EnumerateFiles(Records, "*.json"))
        {
            if (Read(path) is { } record && StartOf(record.OwnerPid) != record.OwnerStart)
            {
                records.Add(record);
            }
        }

        return records;
    }

    public void Save()
    {
        Directory.CreateDirectory(Records, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var written = PathOfRecord + ".new";
        File.WriteAllText(written, JsonSerializer.Serialize(this));
        File.Move(written, PathOfRecord, overwrite: true);
    }

    public void Forget() => File.Delete(PathOfRecord);

    /// <summary>Start time of a process; null when there is none with this pid.</summary>
    // /proc/PID/stat:  1234 (tmux: server) S 1 1234 …   field 22 = start time in clock ticks since boot
    // The name may hold spaces and ')': what follows the LAST ')' begins with field 3.
    internal static ulong? StartOf(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return ulong.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[22 - 3], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    // Another run may forget its record between the listing and the reading.
    private static NodeRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<NodeRecord>(File.ReadAllText(path));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
