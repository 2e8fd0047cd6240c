using System.Globalization;
using System.Text.Json.Nodes;
using k8s.Models;

namespace Runtime.Deploy.Tests.Images;

/// <summary>
/// A pod of the manifests as an OCI bundle, as a kubelet and containerd would have it run: arguments, user, capabilities, read-only
/// root, mounts. Left out, as nothing here enforces them: seccomp, AppArmor, SELinux, resource limits.
/// </summary>
internal static class PodBundle
{
    /// <param name="folder">Gets config.json and what stands for the volumes.</param>
    /// <param name="spec">What `runc spec` wrote.</param>
    /// <param name="entryPoint">Of the image.</param>
    /// <param name="networkNamespace">Path of the namespace that the pod joins.</param>
    /// <param name="contents">Files of secrets and config maps, by volume name.</param>
    public static async Task WriteAsync(
        string folder, JsonNode spec, V1PodSpec pod, string root, string entryPoint, string networkNamespace, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> contents)
    {
        var container = pod.Containers.Single();
        var security = container.SecurityContext;
        var user = security.RunAsUser ?? pod.SecurityContext?.RunAsUser ?? 0;
        var group = security.RunAsGroup ?? pod.SecurityContext?.RunAsGroup ?? 0;
        var shared = pod.SecurityContext?.FsGroup;

        var process = spec["process"]!;
        process["terminal"] = false;
        process["args"] = Strings([entryPoint, .. container.Args ?? []]);
        process["env"] = Strings(["PATH=/usr/bin", "DOTNET_EnableDiagnostics=0", .. (container.Env ?? []).Select(variable => $"{variable.Name}={variable.Value ?? FromField(variable)}")]);
        process["cwd"] = "/";
        process["user"] = new JsonObject { ["uid"] = user, ["gid"] = group, ["additionalGids"] = new JsonArray(shared is null ? [] : [JsonValue.Create(shared.Value)]) };
        process["noNewPrivileges"] = security.AllowPrivilegeEscalation == false;
        process["capabilities"] = Capabilities(security.Capabilities.Add ?? [], user);
        spec["root"] = new JsonObject { ["path"] = root, ["readonly"] = security.ReadOnlyRootFilesystem == true };
        spec["hostname"] = "test-node";
        spec["linux"]!["namespaces"] = Namespaces(pod.HostPID == true, networkNamespace);
        var mounts = spec["mounts"]!.AsArray();
        foreach (var mount in container.VolumeMounts)
        {
            foreach (var hidden in mounts.Where(item => (string?)item!["destination"] == mount.MountPath).ToList())
            {
                mounts.Remove(hidden);
            }

            var volume = pod.Volumes.FirstOrDefault(candidate => candidate.Name == mount.Name);
            mounts.Add(await MountAsync(mount, volume, Path.Combine(folder, "volumes", mount.Name), user, shared, contents));
        }

        // As the kubelet does; names are resolved by it here, as there is no DNS.
        var hosts = Path.Combine(folder, "hosts");
        await File.WriteAllTextAsync(hosts, "127.0.0.1 localhost runtime-collector.runtime-system.svc\n");
        mounts.Add(Bind(hosts, "/etc/hosts", "ro"));
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), spec.ToJsonString());
    }

    /// <summary>What the manifest asks for and this machine can give; containers in containers often lack some.</summary>
    public static IReadOnlyList<string> Granted(IEnumerable<string> asked)
    {
        var bounding = Convert.ToUInt64(File.ReadLines("/proc/self/status").Single(line => line.StartsWith("CapBnd:", StringComparison.Ordinal))[7..].Trim(), 16);

        // capability.h
        Dictionary<string, int> numbers = new() { ["DAC_OVERRIDE"] = 1, ["DAC_READ_SEARCH"] = 2, ["SETPCAP"] = 8, ["SYS_PTRACE"] = 19, ["SYS_ADMIN"] = 21, ["SYS_RESOURCE"] = 24, ["PERFMON"] = 38, ["BPF"] = 39 };
        return [.. asked.Where(name => (bounding >> numbers[name] & 1) == 1)];
    }

    private static async Task<JsonNode> MountAsync(
        V1VolumeMount mount, V1Volume? volume, string standIn, long user, long? shared, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> contents)
    {
        var access = mount.ReadOnlyProperty == true ? "ro" : "rw";
        if (volume?.HostPath is { } host)
        {
            // The kubelet does not start the pod then.
            if (!(host.Type == "File" ? File.Exists(host.Path) : Directory.Exists(host.Path)))
            {
                throw new InvalidOperationException($"{host.Path} is not there, or not a {host.Type}");
            }

            // A node's systemd mounts it at boot; a machine without systemd may not have.
            if (host.Path == "/sys/kernel/tracing" && !Directory.Exists(host.Path + "/events"))
            {
                return new JsonObject { ["destination"] = mount.MountPath, ["type"] = "tracefs", ["source"] = "tracefs", ["options"] = Strings(["nosuid", "nodev", "noexec", access]) };
            }

            return Bind(host.Path, mount.MountPath, access, mount.MountPropagation == "HostToContainer" ? "rslave" : "rprivate");
        }

        Directory.CreateDirectory(standIn);
        File.SetUnixFileMode(standIn, (UnixFileMode)Convert.ToInt32(volume?.EmptyDir is null ? "770" : "777", 8));
        var mode = volume?.Secret?.DefaultMode ?? volume?.ConfigMap?.DefaultMode ?? Convert.ToInt32("644", 8);
        foreach (var (name, text) in contents.GetValueOrDefault(mount.Name) ?? new Dictionary<string, string>())
        {
            var path = Path.Combine(standIn, name);
            await File.WriteAllTextAsync(path, text);
            File.SetUnixFileMode(path, (UnixFileMode)mode);
        }

        // The kubelet gives volumes to the pod's group (fsGroup), not to its user.
        (await Tool.RunAsync("chown", ["-R", string.Create(CultureInfo.InvariantCulture, $"0:{shared ?? 0}"), standIn], TimeSpan.FromSeconds(10), CancellationToken.None)).Expect(0);
        return Bind(standIn, mount.MountPath, access);
    }

    private static JsonObject Capabilities(IEnumerable<string> added, long user)
    {
        // execve takes the effective set from a user that is not root (capabilities(7)).
        var names = Granted(added).Select(name => "CAP_" + name).ToList();
        var effective = user == 0 ? names : [];
        return new JsonObject { ["bounding"] = Strings(names), ["permitted"] = Strings(effective), ["effective"] = Strings(effective), ["inheritable"] = new JsonArray(), ["ambient"] = new JsonArray() };
    }

    private static JsonArray Namespaces(bool hostPid, string networkNamespace)
    {
        // Of the cgroups too: runtimes make one on nodes of cgroup v2, unless the pod is privileged. /proc/PID/cgroup then tells "/../…".
        var namespaces = new JsonArray(
            new JsonObject { ["type"] = "mount" }, new JsonObject { ["type"] = "cgroup" }, new JsonObject { ["type"] = "ipc" }, new JsonObject { ["type"] = "uts" },
            new JsonObject { ["type"] = "network", ["path"] = networkNamespace });
        if (!hostPid)
        {
            namespaces.Add(new JsonObject { ["type"] = "pid" });
        }

        return namespaces;
    }

    private static string FromField(V1EnvVar variable) => variable.ValueFrom?.FieldRef?.FieldPath switch
    {
        "spec.nodeName" => "test-node",
        var other => throw new InvalidOperationException($"{variable.Name}: no stand-in for {other}"),
    };

    private static JsonObject Bind(string source, string destination, params IEnumerable<string> options) =>
        new() { ["destination"] = destination, ["type"] = "bind", ["source"] = source, ["options"] = Strings(["rbind", "nosuid", "nodev", .. options]) };

    private static JsonArray Strings(IEnumerable<string> items) => new([.. items.Select(item => (JsonNode)item)]);
}
