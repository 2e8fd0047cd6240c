using System.Buffers;

namespace Runtime.Collector.Detection;

/// <summary>What a path's place in the file tree tells.</summary>
internal static class Places
{
    private static readonly string[] Temporary = ["/tmp/", "/dev/shm/", "/var/tmp/", "/run/", "/var/run/"];
    private static readonly string[] DotlessPlaces = ["/tmp/", "/var/", "/dev/", "/run/", "/bin/", "/sbin/", "/lib", "/usr/", "/etc/", "/boot/"];
    private static readonly string[] ProgramFolders = ["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/", "/usr/libexec/"];
    private static readonly string[] Libraries = ["/lib/", "/lib64/", "/lib32/", "/usr/lib/", "/usr/lib64/", "/usr/local/lib/"];
    private static readonly string[] Schedules = ["/etc/cron", "/var/spool/cron", "/etc/anacrontab", "/etc/periodic/"];
    private static readonly string[] Services = ["/etc/systemd/", "/etc/init.d/", "/lib/systemd/", "/usr/lib/systemd/"];

    private static readonly string[] CredentialFiles = [".git-credentials", ".netrc", ".npmrc", ".pypirc", ".pgpass", ".my.cnf", ".vault-token", ".erlang.cookie", "wallet.dat", "Login Data"];
    private static readonly string[] Accounts = ["/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/sudoers"];
    private static readonly string[] DataRoots = ["/var/lib/", "/var/log/", "/var/cache/", "/var/spool/", "/tmp/", "/var/tmp/", "/run/", "/var/run/", "/data/", "/srv/", "/mnt/", "/dev/shm/"];

    /// <summary>One of them is in every path that <see cref="SensitiveClass"/> names; most paths are told by one search.</summary>
    private static readonly SearchValues<string> SecretParts = SearchValues.Create(
        [
            "/secrets/kubernetes.io/", "/serviceaccount/", "/etc/shadow", "/etc/gshadow", "/.ssh/", "/etc/ssh/", "/.aws/", "/.azure/", "/gcloud/", "/.kube/",
            "/etc/kubernetes/", "kubelet", "/etc/rancher/", "/.gnupg/", "/etc/ssl/private/", "docker.sock", "containerd.sock", "crio.sock", "/proc/", .. CredentialFiles,
        ],
        StringComparison.Ordinal);

    public static bool IsTemporary(string path) => Under(path, Temporary);

    /// <summary>
    /// A name that begins with a dot where nobody keeps settings: "/tmp/.x/run", "/usr/bin/.sshd", "/root/.../a". Not "/home/app/.local/bin/tool"
    /// nor "/opt/app/.venv/bin/python".
    /// </summary>
    public static bool IsHidden(string path) =>
        path.Contains("/...", StringComparison.Ordinal) || (path.Contains("/.", StringComparison.Ordinal) && Under(path, DotlessPlaces));

    public static bool IsProgramFolder(string path) => Under(path, ProgramFolders);

    /// <summary>Where a change lasts or changes what others run, with the ATT&amp;CK technique, what such a change weighs and how grave it is; null for any other place.</summary>
    public static (string Words, string Technique, double Ratio, Severity Gravity)? Sensitive(string path) =>
        path.StartsWith("/etc/ld.so", StringComparison.Ordinal) ? ("the loader's settings, which every program reads", "T1574.006", 90, Severity.Critical)
        : Under(path, Schedules) ? ("a schedule of commands", "T1053.003", 90, Severity.High)
        : Under(path, Services) ? ("a service's definition", "T1543.002", 90, Severity.High)
        : path.StartsWith("/etc/pam.d/", StringComparison.Ordinal) ? ("the rules by which people log in", "T1556.003", 90, Severity.Critical)
        : Under(path, Accounts) ? ("the accounts of the system", "T1136.001", 90, Severity.High)
        : path.Contains("/.ssh/", StringComparison.Ordinal) ? ("keys that let people log in", "T1098.004", 90, Severity.High)
        : IsProfile(path) ? ("a file that every shell runs", "T1546.004", 60, Severity.High)
        : IsProgramFolder(path) ? ("a folder of system programs", "T1554", 60, Severity.High)
        : Under(path, Libraries) ? ("a folder of system libraries", "T1574.006", 60, Severity.High)
        : null;

    public static bool IsData(string path) => Under(path, DataRoots);

    /// <summary>What a control file of the kernel gives to who writes it, with the ATT&amp;CK technique; null for any other path.</summary>
    public static (string Class, string Words, string Technique)? Control(string path) => path[(path.LastIndexOf('/') + 1)..] switch
    {
        "core_pattern" => ("core_pattern", "a program that the kernel runs on the node when any process crashes", "T1611"),
        "release_agent" => ("release_agent", "a program that the kernel runs on the node when a cgroup empties", "T1611"),
        "notify_on_release" => ("release_agent", "that the kernel runs a program on the node when the cgroup empties", "T1611"),
        "modprobe" or "uevent_helper" or "hotplug" => ("helper", "a program that the kernel runs on the node for itself", "T1611"),
        "register" when path.Contains("/binfmt_misc/", StringComparison.Ordinal) => ("binfmt", "the interpreter of a format of programs, for all of the node", "T1546"),
        "sysrq-trigger" => ("sysrq", "an order to the kernel such as to crash or to reboot", "T1529"),
        "nr_hugepages" or "nr_overcommit_hugepages" => ("hugepages", "how much memory the node keeps as huge pages, as miners do", "T1496.001"),
        "msr" => ("msr", "a register of the processor, as miners do", "T1496.001"),
        "mem" when path.StartsWith("/proc/", StringComparison.Ordinal) => ("process_memory", "the memory of another process", "T1055"),
        "mem" or "kmem" or "port" => ("memory_device", "the node's memory", "T1611"),
        _ => null,
    };

    /// <summary>"sa-token", "shadow", "ssh", "cloud-credentials", "cluster-credentials", "kubelet-credentials", "credentials", "runtime-socket", "other-process"; the path itself when it is none of them.</summary>
    public static string SensitiveClass(string path) =>
        !path.AsSpan().ContainsAny(SecretParts) ? path
        : path.Contains("/secrets/kubernetes.io/", StringComparison.Ordinal) || path.Contains("/serviceaccount/", StringComparison.Ordinal) ? "sa-token"
        : path.StartsWith("/etc/shadow", StringComparison.Ordinal) || path.StartsWith("/etc/gshadow", StringComparison.Ordinal) ? "shadow"
        : path.Contains("/.ssh/", StringComparison.Ordinal) || path.StartsWith("/etc/ssh/", StringComparison.Ordinal) ? "ssh"
        : IsKubeletCredential(path) ? "kubelet-credentials"
        : path.Contains("/.aws/", StringComparison.Ordinal) || path.Contains("/.azure/", StringComparison.Ordinal) || path.Contains("/gcloud/", StringComparison.Ordinal) ? "cloud-credentials"
        : path.Contains("/.kube/", StringComparison.Ordinal) || path.StartsWith("/etc/kubernetes/", StringComparison.Ordinal) || path.StartsWith("/etc/rancher/", StringComparison.Ordinal) ? "cluster-credentials"
        : IsCredentialFile(path) || path.Contains("/.gnupg/", StringComparison.Ordinal) || path.StartsWith("/etc/ssl/private/", StringComparison.Ordinal) ? "credentials"
        : path.EndsWith("docker.sock", StringComparison.Ordinal) || path.EndsWith("containerd.sock", StringComparison.Ordinal) || path.EndsWith("crio.sock", StringComparison.Ordinal) ? "runtime-socket"
        : path.StartsWith("/proc/", StringComparison.Ordinal) ? "other-process"
        : path;

    /// <summary>
    /// What the kubelet shows to the API server: /var/lib/kubelet/pki/kubelet-client-current.pem, /etc/kubernetes/kubelet.conf, also below a mount of the
    /// host's folders. Not /etc/kubernetes/pki/apiserver-kubelet-client.key, which the API server's own container reads at each start.
    /// </summary>
    public static bool IsKubeletCredential(string path) =>
        path.Contains("/kubelet/pki/", StringComparison.Ordinal) || path.EndsWith("/kubelet/kubeconfig", StringComparison.Ordinal)
        || path.EndsWith("/kubernetes/kubelet.conf", StringComparison.Ordinal) || path.EndsWith("/kubernetes/bootstrap-kubelet.conf", StringComparison.Ordinal)
        || path.EndsWith("/agent/kubelet.kubeconfig", StringComparison.Ordinal) || path.EndsWith("/agent/client-kubelet.key", StringComparison.Ordinal);

    private static bool IsCredentialFile(string path)
    {
        var name = path.AsSpan(path.LastIndexOf('/') + 1);
        foreach (var file in CredentialFiles)
        {
            if (name.SequenceEqual(file))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Where a shell writes down what was typed.</summary>
    public static bool IsHistory(string path) =>
        path.EndsWith("_history", StringComparison.Ordinal) && path.AsSpan(path.LastIndexOf('/') + 1).StartsWith(".", StringComparison.Ordinal);

    /// <summary>What a service or the system writes its log to now. Not what a rotation has put aside ("error.log.2.gz", "web-20260401.log"): that is there to be removed.</summary>
    public static bool IsLog(string path)
    {
        if (!path.StartsWith("/var/log/", StringComparison.Ordinal))
        {
            return false;
        }

        var name = path.AsSpan(path.LastIndexOf('/') + 1);
        return name is "wtmp" or "btmp" or "lastlog" or "utmp" or "syslog" or "messages" or "secure" or "maillog" or "dmesg" or "faillog"
            || (name.EndsWith(".log", StringComparison.Ordinal) && name.IndexOfAnyInRange('0', '9') < 0);
    }

    /// <summary>A file that shells read when they start.</summary>
    public static bool IsProfile(string path) =>
        path.StartsWith("/etc/profile", StringComparison.Ordinal)
        || path.EndsWith("/.bashrc", StringComparison.Ordinal) || path.EndsWith("/.profile", StringComparison.Ordinal)
        || path.EndsWith("/.bash_profile", StringComparison.Ordinal) || path.EndsWith("/.zshrc", StringComparison.Ordinal)
        || path == "/etc/bash.bashrc" || path == "/etc/environment";

    private static bool Under(string path, string[] places)
    {
        foreach (var place in places)
        {
            if (path.StartsWith(place, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
