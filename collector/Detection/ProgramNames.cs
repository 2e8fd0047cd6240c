using System.Collections.Frozen;

namespace Runtime.Collector.Detection;

/// <summary>What programs' names tell. A name alone is never an alert: it only weighs what is new anyway.</summary>
internal static class ProgramNames
{
    private static readonly FrozenSet<string> Shells = Set("sh", "bash", "dash", "ash", "zsh", "ksh", "ksh93", "mksh", "fish", "csh", "tcsh", "rbash");
    private static readonly FrozenSet<string> Interpreters = Set("perl", "ruby", "php", "node", "lua", "awk", "gawk", "mawk", "tclsh", "pwsh");
    private static readonly FrozenSet<string> Tellers = Set(
        "id", "whoami", "groups", "uname", "hostname", "hostnamectl", "arch", "nproc", "lscpu", "free", "uptime", "df", "mount", "lsblk", "findmnt", "env", "printenv", "ps", "pstree", "top", "w", "who", "last", "users",
        "ip", "ifconfig", "route", "arp", "netstat", "ss", "lsof", "lsmod", "lspci", "dmidecode", "capsh", "getcap", "getent", "crontab");
    private static readonly FrozenSet<string> Downloaders = Set("curl", "wget", "nc", "ncat", "netcat", "socat", "aria2c", "ftp", "tftp", "lftp", "scp", "sftp", "rsync", "fetch", "axel");

    private static readonly FrozenSet<string> Installers = Set(
        "apt", "apt-get", "dpkg", "aptitude", "apk", "yum", "dnf", "microdnf", "rpm", "zypper", "pacman", "pip", "pip3", "npm", "yarn", "gem");

    private static readonly FrozenSet<string> Builders = Set(
        "gcc", "cc", "g++", "c++", "clang", "cc1", "ld", "as", "make", "cmake", "go", "rustc", "cargo", "tcc");

    private static readonly FrozenSet<string> ProcessViewers = Set("ps", "top", "htop", "pgrep", "pkill", "pidof", "pstree", "w", "lsof", "fuser");

    /// <summary>That run what their arguments or input say, and seldom do: GTFOBins' "shell" and "command".</summary>
    private static readonly FrozenSet<string> Proxies = Set(
        "tar", "sed", "awk", "gawk", "mawk", "zip", "cpio", "ed", "vi", "vim", "vim.basic", "vim.tiny", "nano", "less", "more", "man", "gdb", "tcpdump", "nmap", "split", "sort", "rsync", "ssh", "ftp");

    private static readonly FrozenSet<string> Relays = Set("nc", "ncat", "netcat", "nc.openbsd", "nc.traditional", "socat", "telnet");

    private static readonly FrozenSet<string> Accountants = Set(
        "cron", "crond", "anacron", "atd", "sshd", "sshd-session", "login", "su", "sudo", "runuser", "unix_chkpwd", "passwd", "chpasswd", "chage",
        "useradd", "usermod", "userdel", "groupadd", "adduser", "pwconv", "nscd", "sssd", "vsftpd", "dovecot", "saslauthd", "systemd", "systemd-executor");

    private static readonly FrozenSet<string> Pings = Set("ping", "ping4", "ping6", "fping", "arping", "traceroute", "tracepath", "mtr", "mtr-packet");

    private static readonly FrozenSet<string> Tools = Set(
        "cat", "ls", "id", "whoami", "uname", "hostname", "date", "echo", "env", "printenv", "grep", "egrep", "sed", "cut", "sort", "uniq", "head", "tail", "wc",
        "tr", "test", "true", "false", "sleep", "mkdir", "rmdir", "rm", "cp", "mv", "ln", "touch", "chmod", "chown", "stat", "find", "xargs", "tee", "basename",
        "dirname", "readlink", "realpath", "mktemp", "which", "ps", "top", "df", "du", "free", "nproc", "getent", "gzip", "gunzip", "tar", "expr", "seq", "pwd", "tty");

    private static readonly FrozenSet<string> Servers = Set(
        "nginx", "httpd", "apache2", "lighttpd", "caddy", "haproxy", "traefik", "envoy", "java", "php-fpm", "redis-server", "postgres", "mysqld", "mariadbd",
        "mongod", "memcached", "rabbitmq-server", "beam.smp", "uwsgi", "gunicorn", "tomcat", "vsftpd", "named", "dnsmasq", "smbd", "w3wp", "dotnet");

    private static readonly FrozenSet<string> Resolvers = Set(
        "coredns", "kube-dns", "node-cache", "unbound", "named", "dnsmasq", "dnsmasq-nanny", "systemd-resolved", "systemd-resolve", "pdns_recursor", "kresd", "knotd", "pihole-FTL", "dnscrypt-proxy", "stubby");

    private static readonly FrozenSet<string> KernelThreads = Set("kthreadd", "kswapd0", "kauditd", "khugepaged", "ksoftirqd", "kdevtmpfs", "kworker", "kcompactd0", "rcu_sched", "watchdogd", "irqbalance0");

    private static readonly FrozenSet<string> ContainerRuntimes = Set("runc", "crun", "youki", "runsc", "conmon", "conmonrs", "containerd-shim", "dockerd", "containerd", "crio", "podman");

    public static string BaseName(string path) => path[(path.LastIndexOf('/') + 1)..];

    public static bool IsShell(string binary) => Shells.Contains(BaseName(binary));

    /// <summary>busybox is a shell when it was called as one.</summary>
    public static bool IsShell(string binary, IReadOnlyList<string> arguments) =>
        IsShell(binary) || (BaseName(binary) == "busybox" && CalledAsShell(arguments));

    public static bool IsInterpreter(string binary)
    {
        var name = BaseName(binary);
        return Interpreters.Contains(name) || name.StartsWith("python", StringComparison.Ordinal) || Interpreters.Contains(name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '.'));
    }

    public static bool IsDownloader(string name) => Downloaders.Contains(name);

    public static bool IsBuilder(string name) => Builders.Contains(name);

    public static bool IsInstaller(string name) => Installers.Contains(name);

    /// <summary>Writes programs because that is its work.</summary>
    public static bool MakesPrograms(string name) => IsBuilder(name) || IsInstaller(name);

    public static bool ShowsProcesses(string name) => ProcessViewers.Contains(name);

    /// <summary>A tool for files or networks whose options can make it run any command.</summary>
    public static bool CanRunOthers(string name) => Proxies.Contains(name) || IsRelay(name);

    /// <summary>Reads the accounts' password hashes because that is its work.</summary>
    public static bool ChecksAccounts(string binary) => Accountants.Contains(BaseName(binary));

    /// <summary>Tells who one is and where, and does nothing else.</summary>
    public static bool TellsOfSystem(string name) => Tellers.Contains(name);

    public static bool SendsEchoes(string binary) => Pings.Contains(BaseName(binary));

    /// <summary>Connects its input and output with a peer: a shell below it is the peer's.</summary>
    public static bool IsRelay(string name) => Relays.Contains(name);

    public static bool IsCommonTool(string name) => Tools.Contains(name);

    public static bool IsServer(string binary) => Servers.Contains(BaseName(binary));

    /// <summary>Asks names for others.</summary>
    public static bool IsResolver(string binary) => Resolvers.Contains(BaseName(binary));

    /// <summary>"[kworker/0:1]" and the bare names: programs from files are never called so.</summary>
    public static bool IsKernelThread(string binary)
    {
        var name = BaseName(binary).Trim('[', ']');
        var end = name.AsSpan().IndexOfAny(':', '-');
        return KernelThreads.Contains(end > 0 ? name[..end] : name);
    }

    public static bool IsContainerRuntime(string binary)
    {
        var name = BaseName(binary);
        return ContainerRuntimes.Contains(name) || name.StartsWith("containerd-shim", StringComparison.Ordinal);
    }

    /// <summary>The program's name; for busybox and other multi-call binaries the name that it was called by.</summary>
    public static string CalledName(string binary, IReadOnlyList<string> arguments)
    {
        var name = BaseName(binary);
        if (name is not ("busybox" or "toybox" or "coreutils") || arguments.Count == 0)
        {
            return name;
        }

        var called = BaseName(arguments[0]);
        return called == name && arguments.Count > 1 ? BaseName(arguments[1]) : called;
    }

    private static bool CalledAsShell(IReadOnlyList<string> arguments)
    {
        var called = CalledName("busybox", arguments);
        return Shells.Contains(called.TrimStart('-'));
    }

    private static FrozenSet<string> Set(params string[] names) => names.ToFrozenSet(StringComparer.Ordinal);
}
