namespace Runtime.Pods;

/// <summary>Files that a node is made of and that lie in this assembly.</summary>
internal static class NodeFiles
{
    public static async Task WriteAsync(string name, string path)
    {
        await using var content = typeof(NodeFiles).Assembly.GetManifestResourceStream(name) ?? throw new ArgumentException($"no file {name} in the assembly", nameof(name));
        await using var file = File.Create(path);
        await content.CopyToAsync(file);
    }

    public static async Task WriteProgramAsync(string name, string path)
    {
        await WriteAsync(name, path);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <param name="folder">The node's own; nothing of it lies elsewhere but runc's state and the shims' sockets, whose places containerd does not let choose.</param>
    /// <param name="runc">The OCI runtime's program.</param>
    public static string ContainerdConfig(string folder, string runc) => $"""
        version = 2
        root = "{folder}/root"
        state = "{folder}/state"
        imports = []
        disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]
        [grpc]
          address = "{folder}/c.sock"
        [plugins."io.containerd.internal.v1.opt"]
          path = "{folder}/opt"
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "localhost/pause:3.6"
          restrict_oom_score_adj = true
          disable_apparmor = true
          [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "/usr/lib/cni"
            conf_dir = "{folder}/cni"
          [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "overlayfs"
            default_runtime_name = "runc"
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
              runtime_type = "io.containerd.runc.v2"
              [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
                BinaryName = "{runc}"
                SystemdCgroup = false
        """;

    /// <summary>A bridge in the node's own network namespace: pods reach each other and the node, and nothing else.</summary>
    public static string PodNetwork(string folder) => $$"""
        {
          "cniVersion": "0.4.0", "name": "pods",
          "plugins": [{
            "type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
            "ipam": { "type": "host-local", "dataDir": "{{folder}}/ipam", "ranges": [[{ "subnet": "10.88.0.0/24" }]], "routes": [{ "dst": "0.0.0.0/0" }] }
          }]
        }
        """;
}
