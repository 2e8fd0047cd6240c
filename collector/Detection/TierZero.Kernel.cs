using Runtime.Collector.Ingest;
using Runtime.Collector.Rules;

namespace Runtime.Collector.Detection;

/// <summary>Files and calls that reach the kernel or the node.</summary>
internal static partial class TierZero
{
    private static TierZeroFact? OfFile(FileObservation file, RuleSet rules)
    {
        if (file is { Operation: FileOperation.SensitiveWrite, Container: not null } && Places.Control(file.Path) is { } control)
        {
            return control.Class switch
            {
                "core_pattern" or "release_agent" or "helper" or "binfmt" or "memory_device" when rules.IsOn(HostControl) =>
                    new TierZeroFact(HostControl, $"{Who(file.Process)} set {control.Words} ({DisplayText.Path(file.Path)}): the way out of a container", "T1611"),
                "msr" when rules.IsOn(RegisterWrite) =>
                    new TierZeroFact(RegisterWrite, $"{Who(file.Process)} set {control.Words} ({DisplayText.Path(file.Path)})", control.Technique),
                _ => null,
            };
        }

        // Also by another way to a root: "/proc/71/root/etc/…", "/host/etc/…". In a place for data a root is put together for somebody else.
        if (IsLeft(file.Operation) && file.Path.EndsWith("/etc/ld.so.preload", StringComparison.Ordinal) && !Places.IsData(file.Path) && rules.IsOn(LoaderPreload))
        {
            return new TierZeroFact(LoaderPreload, $"{Who(file.Process)} wrote {DisplayText.Path(file.Path)}, which puts a library into every program", "T1574.006");
        }

        if ((IsLeft(file.Operation) || file.Operation == FileOperation.ChmodExecutable) && rules.IsBadPath(file.Path) && rules.IsOn(BadPath))
        {
            return new TierZeroFact(BadPath, $"{Who(file.Process)} left {DisplayText.Path(file.Path)}, which only malware does", "T1105");
        }

        return file is { Operation: FileOperation.SensitiveRead, Container: not null } && Places.IsKubeletCredential(file.Path) && rules.IsOn(KubeletCredential)
            ? new TierZeroFact(KubeletCredential, $"{Who(file.Process)} opened {DisplayText.Path(file.Path)}, by which the node itself speaks to the cluster", "T1552.001") { OnlyWhenNew = true }
            : null;
    }

    /// <summary>A file is there under that name afterwards, or has other content.</summary>
    private static bool IsLeft(FileOperation operation) =>
        operation is FileOperation.Write or FileOperation.Create or FileOperation.Rename or FileOperation.Link or FileOperation.Symlink;

    private static TierZeroFact? OfPrivilege(PrivilegeObservation privilege, RuleSet rules)
    {
        // A mount over /proc/PID: tools then show nothing of that process. Masked files of /proc have no number for a name.
        if (privilege is { Operation: PrivilegeOperation.Mount, Error: 0 } && IsProcess(privilege.Subject) && rules.IsOn(HiddenProcess))
        {
            return new TierZeroFact(HiddenProcess, $"{Who(privilege.Process)} mounted something over {DisplayText.Path(privilege.Subject)}, which hides that process", "T1564.013");
        }

        if (privilege.Container is null)
        {
            return null;
        }

        return privilege.Operation switch
        {
            PrivilegeOperation.LoadModule when rules.IsOn(KernelModule) => new TierZeroFact(KernelModule, $"{Who(privilege.Process)} {PrivilegeWords.Did(privilege, DisplayText.Path)}: code in the kernel of the node", "T1547.006")
            {
                Severity = privilege.Error == 0 ? Severity.Critical : Severity.High,
            },

            // Libraries try whether they may load a program; only one that was loaded is power.
            PrivilegeOperation.Bpf when privilege.Error == 0 && PrivilegeNames.Bpf(privilege.Value) == "program_load" && rules.IsOn(BpfLoad) =>
                new TierZeroFact(BpfLoad, $"{Who(privilege.Process)} {PrivilegeWords.Did(privilege, DisplayText.Path)}: a program in the kernel, which sees and can hide what happens on the node", "T1014"),
            PrivilegeOperation.Rounding when rules.IsOn(RandomX) =>
                new TierZeroFact(RandomX, $"{Who(privilege.Process)} {PrivilegeWords.Did(privilege, DisplayText.Path)}, as RandomX does, the proof of work of Monero", "T1496.001"),
            PrivilegeOperation.SetNamespace when privilege is { Error: 0, Detail: "host" } && !IsRuntimeOwn(privilege) && rules.IsOn(HostNamespace) =>
                new TierZeroFact(HostNamespace, $"{Who(privilege.Process)} {PrivilegeWords.Did(privilege, DisplayText.Path)}: it left its container", "T1611"),
            _ => null,
        };
    }

    /// <summary>"/proc/17", not "/proc/17/ns/net", which keeps a namespace, nor "/proc/acpi".</summary>
    private static bool IsProcess(string path) =>
        path.StartsWith("/proc/", StringComparison.Ordinal) && path.Length > 6 && !path.AsSpan(6).ContainsAnyExceptInRange('0', '9');

    /// <summary>
    /// "runc init" of an exec session is in the container's cgroup already when it joins the container's namespaces, and those of a pod on the node's
    /// network or with the node's processes are the host's.
    /// </summary>
    private static bool IsRuntimeOwn(PrivilegeObservation privilege)
    {
        var binary = privilege.Process.Binary;
        return (ProgramNames.IsContainerRuntime(binary) || binary.Contains("runc_cloned:", StringComparison.Ordinal) || binary.Contains("crun_clone", StringComparison.Ordinal))
            && privilege.Process.Arguments.Contains("init")
            && OnlyRuntimesAbove(privilege);
    }
}
