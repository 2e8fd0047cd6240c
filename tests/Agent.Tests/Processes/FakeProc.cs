using System.Globalization;
using System.Text;

namespace Runtime.Agent.Tests.Processes;

/// <summary>A proc file system made of ordinary files.</summary>
internal sealed class FakeProc : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("proc-").FullName;

    public void Add(uint pid, uint parent, ulong startTicks, string comm = "app", string exe = "/bin/app", string cmdline = "app\0", string cgroup = "0::/\n", uint innermostPid = 0, uint flags = 0x400000)
    {
        var folder = Directory.CreateDirectory(Path.Join(Root, pid.ToString(CultureInfo.InvariantCulture))).FullName;
        File.WriteAllText(Path.Join(folder, "stat"), $"{pid} ({comm}) S {parent} {pid} {pid} 0 -1 {flags} 1 2 3 4 5 6 7 8 20 0 1 0 {startTicks} 100 200 18446744073709551615 1 1\n");
        File.WriteAllText(Path.Join(folder, "status"), $"Name:\t{comm}\nUid:\t1000\t0\t1000\t1000\nGid:\t100\t100\t100\t100\nNSpid:\t{pid}{(innermostPid == 0 ? "" : $"\t{innermostPid}")}\nCapEff:\t000001ffffffffff\n");
        File.WriteAllText(Path.Join(folder, "cmdline"), cmdline);
        File.WriteAllText(Path.Join(folder, "cgroup"), cgroup);
        File.WriteAllText(Path.Join(folder, "loginuid"), "4294967295");
        Directory.CreateDirectory(Path.Join(folder, "ns"));
        File.CreateSymbolicLink(Path.Join(folder, "ns/mnt"), "mnt:[4026531841]");
        File.CreateSymbolicLink(Path.Join(folder, "cwd"), "/srv");
        if (exe.Length > 0)
            File.CreateSymbolicLink(Path.Join(folder, "exe"), exe);
    }

    public void Remove(uint pid) => Directory.Delete(Path.Join(Root, pid.ToString(CultureInfo.InvariantCulture)), recursive: true);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);
}
