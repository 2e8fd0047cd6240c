using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Runtime.Agent.Health;

/// <summary>Who this agent is.</summary>
/// <param name="AgentId">32 hex digits; stable over restarts, different for each cluster and node name on one machine.</param>
/// <param name="BootId">Changes with every boot: processes are unique by (boot, pid, start).</param>
internal sealed record AgentIdentity(string AgentId, string Cluster, string Node, string Version, string BootId, string KernelRelease)
{
    public static string OwnVersion => typeof(AgentIdentity).Assembly.GetName().Version?.ToString(3)
        ?? typeof(AgentIdentity).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <param name="node">As the operator named it; the host's name when empty.</param>
    /// <param name="stateFolder">Keeps the machine's name where /etc/machine-id is absent, as in a container.</param>
    public static AgentIdentity OfThisMachine(string cluster, string node, string stateFolder, AgentLog log)
    {
        if (node.Length == 0)
            node = Environment.MachineName;
        var text = $"runtime-agent\n{MachineId(stateFolder, log)}\n{cluster}\n{node}";
        return new(
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16)),
            cluster,
            node,
            OwnVersion,
            ReadLine("/proc/sys/kernel/random/boot_id"),
            ReadLine("/proc/sys/kernel/osrelease"));
    }

    // machine-id(5): only its hash leaves the machine.
    private static string MachineId(string stateFolder, AgentLog log)
    {
        if (ReadLine("/etc/machine-id") is { Length: > 0 } id)
            return id;
        var path = Path.Combine(stateFolder, "machine-id");
        if (ReadLine(path) is { Length: > 0 } kept)
            return kept;
        var made = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        try
        {
            Directory.CreateDirectory(stateFolder);
            File.WriteAllText(path, made + "\n");
            return made;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Warning($"neither /etc/machine-id nor a place to keep one ({e.Message}): this agent is known by its node's name alone");
            return "";
        }
    }

    private static string ReadLine(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
