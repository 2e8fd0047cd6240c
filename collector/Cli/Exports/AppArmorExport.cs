using System.Text;

namespace Runtime.Cli.Exports;

/// <summary>A profile for AppArmor 3: programs, written paths, capabilities.</summary>
internal static class AppArmorExport
{
    /// <summary>That the agent tells of: without an item they were not used.</summary>
    private static readonly string[] _watched = ["dac_override", "dac_read_search", "setgid", "setuid", "net_admin", "net_raw", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_admin", "perfmon", "bpf"];

    /// <summary>Of a container runtime's usual set those that nothing is told of.</summary>
    private static readonly string[] _usual = ["audit_write", "chown", "fowner", "fsetid", "kill", "mknod", "net_bind_service", "setfcap", "setpcap"];

    public static string Of(ExportSource source)
    {
        string[] limits =
        [
            "who starts what: each known program may be started by each, and runs under this profile",
            "reads: a baseline learns those of secrets only, so that every file may be read, and mapped as code",
            "peers and ports: the kinds of sockets alone",
            "phases: what is done at the start stays allowed",
            "quotes and backslashes in names: any one letter is allowed in their place",
            "capabilities that nothing tells of: they are as container runtimes give them",
        ];
        var text = new StringBuilder(ExportText.Hashed(ExportText.Comment(source, "AppArmor profile", limits, [])));
        text.Append("abi <abi/3.0>,\n\ninclude <tunables/global>\n\nprofile ").Append(ExportText.NameOf(source)).Append(" flags=(attach_disconnected,mediate_deleted) {\n");
        text.Append("  # As container runtimes allow it.\n  signal (receive) peer=unconfined,\n  signal (send, receive) peer=@{profile_name},\n  unix,\n  /** rm,\n\n");
        Block(text, "Capabilities.", Capabilities(source).Select(capability => $"capability {capability},"));
        Block(text, "Other rights.", Rights(source));
        Block(text, "Sockets.", Sockets(source));
        Block(text, "Programs.", source.Programs.Select(program => $"{Quoted(program, isPattern: false)} rix,"));
        Block(text, "Written paths.", source.Writes.Where(write => write.Operation != "load").GroupBy(write => (write.Path, write.IsPattern))
            .OrderBy(path => path.Key.Path, StringComparer.Ordinal)
            .Select(path => $"{Quoted(path.Key.Path, path.Key.IsPattern)} {(path.Any(write => write.Operation is "link") ? "rwkl" : "rwk")},"));
        return text.Append("}\n").ToString();
    }

    private static void Block(StringBuilder text, string head, IEnumerable<string> rules)
    {
        text.Append("  # ").Append(head).Append('\n');
        foreach (var rule in rules)
        {
            text.Append("  ").Append(rule).Append('\n');
        }

        text.Append('\n');
    }

    private static IEnumerable<string> Capabilities(ExportSource source)
    {
        var used = source.Privileges.Where(privilege => !privilege.IsRefused).ToList();
        return _usual
            .Concat(used.Where(privilege => privilege.Operation == "capability" && privilege.Variant.StartsWith("CAP_", StringComparison.Ordinal)).Select(privilege => privilege.Variant[4..].ToLowerInvariant()).Where(_watched.Contains))
            .Concat(used.Any(privilege => privilege.Operation == "setuid") ? ["setuid"] : [])
            .Concat(used.Any(privilege => privilege.Operation == "setgid") ? ["setgid"] : [])
            .Distinct().Order(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Rights(ExportSource source)
    {
        var used = source.Privileges.Where(privilege => !privilege.IsRefused).Select(privilege => privilege.Operation).ToHashSet();
        return new[] { ("mount", "mount,"), ("mount", "umount,"), ("pivot_root", "pivot_root,"), ("ptrace", "ptrace,"), ("kill", "signal,") }.Where(right => used.Contains(right.Item1)).Select(right => right.Item2);
    }

    private static IEnumerable<string> Sockets(ExportSource source)
    {
        var protocols = source.Peers.Select(peer => peer.Protocol).Concat(source.Listeners.Select(listener => listener.Protocol)).ToHashSet();
        foreach (var (protocol, type) in new[] { ("tcp", "stream"), ("udp", "dgram") }.Where(socket => protocols.Contains(socket.Item1)))
        {
            yield return $"network inet {type},";
            yield return $"network inet6 {type},";
        }

        if (protocols.Count > 0)
        {
            // A libc that looks up a name asks the kernel for its addresses.
            yield return "network netlink raw,";
        }

        if (source.Peers.Any(peer => peer.Protocol == "socket" && peer.Name.StartsWith("packet", StringComparison.Ordinal)))
        {
            yield return "network packet,";
        }
    }

    /// <summary>
    /// In quotes, with a backslash before what is a pattern's or a variable's letter. A quote or a backslash of the name is any one letter: the parser takes the quote behind a backslash at a
    /// name's end for a part of the name, and what follows too.
    /// </summary>
    private static string Quoted(string path, bool isPattern)
    {
        var quoted = new StringBuilder("\"");
        foreach (var letter in path)
        {
            if (letter is '"' or '\\')
            {
                quoted.Append('?');
                continue;
            }

            if (letter is '?' or '[' or ']' or '{' or '}' or '^' or '@' or ',' || (letter == '*' && !isPattern))
            {
                quoted.Append('\\');
            }

            quoted.Append(letter);
        }

        return quoted.Append('"').ToString();
    }
}
