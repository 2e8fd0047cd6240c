using Runtime.V1;

namespace Runtime.Collector.Ingest;

/// <summary>What an agent may call itself.</summary>
internal static class HelloRules
{
    private static readonly TimeSpan MaxProbeInterval = TimeSpan.FromHours(1);

    /// <returns>Every fault, each naming the field, the value's length or text, and the rule.</returns>
    public static IReadOnlyList<string> Check(Hello hello, out AgentIdentity agent)
    {
        var faults = new List<string>();
        Text("agent_id", hello.AgentId, 1, 128);
        Text("epoch", hello.Epoch, 1, 64);
        Text("cluster", hello.Cluster, 0, 253);
        Text("node", hello.Node, 1, 253);
        Text("agent_version", hello.AgentVersion, 0, 128);
        Text("boot_id", hello.BootId, 0, 64);
        Text("kernel_release", hello.KernelRelease, 0, 128);
        if (hello.ProbeIntervalMs > MaxProbeInterval.TotalMilliseconds)
        {
            faults.Add($"hello.probe_interval_ms is {hello.ProbeIntervalMs}; it must be at most {MaxProbeInterval.TotalMilliseconds:0}");
        }

        agent = new AgentIdentity(hello.AgentId, hello.Epoch, hello.Cluster.Length > 0 ? hello.Cluster : "default", hello.Node, hello.AgentVersion, hello.BootId, hello.KernelRelease)
        {
            ProbeInterval = TimeSpan.FromMilliseconds(hello.ProbeIntervalMs),
        };
        return faults;

        void Text(string field, string value, int shortest, int longest)
        {
            var bytes = global::System.Text.Encoding.UTF8.GetByteCount(value);
            if (bytes < shortest || bytes > longest)
            {
                faults.Add($"hello.{field} has {bytes} bytes; it must have {shortest} to {longest}");
            }
            else if (value.Any(char.IsControl))
            {
                faults.Add($"hello.{field} holds a control character; it must be plain text");
            }
        }
    }
}
