using System.Text;

namespace Runtime.Agent.Managed;

/// <summary>Tells of connections to the diagnostics ports of watched processes that are not ours.</summary>
internal static class OtherClients
{
    /// <summary>Before a session is so old, our own way to it may still be among the connections.</summary>
    private const ulong SettledNs = 2_000_000_000;

    /// <param name="watched">All of them: a port that two name alike counts a connection of ours for each.</param>
    public static void Look(IReadOnlyCollection<ManagedProcess> watched, string procRoot, ulong nowBootNs)
    {
        foreach (var network in watched.Where(p => p.PortPath is not null).GroupBy(p => p.Record.NetworkNamespace))
        {
            // Two containers that share a network namespace may name their ports alike.
            var ours = network.CountBy(p => p.PortPath!, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
            var settled = network.Where(p => p.SinceBootNs + SettledNs <= nowBootNs).ToArray();
            if (Clients(settled, procRoot) is not { } clients)
                continue;
            foreach (var process in settled)
            {
                var path = process.PortPath!;
                var others = Math.Max(0, clients.GetValueOrDefault(path) - ours[path]);
                if (others > process.OtherClients)
                    process.Tell(ManagedOperation.DiagnosticsClient, [], Encoding.Latin1.GetBytes(path), ManagedFlags.None, (uint)(others - process.OtherClients));
                process.OtherClients = others;
            }
        }
    }

    /// <returns>Connections by port's path, seen from the first of the processes that lives; null when none does.</returns>
    private static Dictionary<string, int>? Clients(ManagedProcess[] processes, string procRoot)
    {
        foreach (var process in processes)
        {
            using var folder = ProcessFolder.Open(procRoot, process.Record.Key);
            if (folder is null)
                continue;
            using var sockets = folder.Read("net/unix\0"u8, PortClients.MaxBytes);
            return PortClients.Count(sockets.Span);
        }
        return null;
    }
}
