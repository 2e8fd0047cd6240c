using System.Globalization;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>A privilege observation as part of a sentence: "attached to /bin/app with ptrace", or "tried to attach … and was refused (EPERM)".</summary>
internal static class PrivilegeWords
{
    /// <param name="show">How text from containers is shown: escaped and shortened for people, or as it is.</param>
    public static string Did(PrivilegeObservation observation, Func<string, string> show)
    {
        var (past, infinitive) = Act(observation, show);
        return observation.Error == 0 ? past : $"tried to {infinitive} and was refused ({PrivilegeNames.Error(observation.Error)})";
    }

    private static (string Past, string Infinitive) Act(PrivilegeObservation o, Func<string, string> show)
    {
        var other = o.Subject.Length > 0 ? show(o.Subject) : "another process";
        return o.Operation switch
        {
            PrivilegeOperation.SetUid when o.Value == 0 => ("became root", "become root"),
            PrivilegeOperation.SetUid => (Text($"became uid {o.Value} with more rights than before"), Text($"become uid {o.Value}")),
            PrivilegeOperation.SetGid => ("took root's group", "take root's group"),
            PrivilegeOperation.SetCapabilities => (Text($"raised its capabilities to 0x{o.Value:x}"), "raise its capabilities"),
            PrivilegeOperation.CapabilityUsed => ($"used {PrivilegeNames.Capability(o.Value)}", $"use {PrivilegeNames.Capability(o.Value)}"),
            PrivilegeOperation.Ptrace => PrivilegeNames.Trace(o.Value) switch
            {
                "traceme" => ($"put itself under the control of {other} with ptrace", $"put itself under the control of {other} with ptrace"),
                "attach" => ($"attached to {other} with ptrace", $"attach to {other} with ptrace"),
                _ => ($"changed the memory or registers of {other} with ptrace", $"change the memory or registers of {other} with ptrace"),
            },
            PrivilegeOperation.Rounding => ("rounds floating point in all four ways in turn", "round floating point in all ways"),
            PrivilegeOperation.MemoryRead => ($"read the memory of {other}", $"read the memory of {other}"),
            PrivilegeOperation.MemoryWrite => ($"wrote into the memory of {other}", $"write into the memory of {other}"),
            PrivilegeOperation.Mount => ($"mounted {Mounted(o, show)}", $"mount {Mounted(o, show)}"),
            PrivilegeOperation.Unshare => ($"made new namespaces ({PrivilegeNames.NamespacesOf(o.Value)})", $"make new namespaces ({PrivilegeNames.NamespacesOf(o.Value)})"),
            PrivilegeOperation.SetNamespace => ($"joined {Joined(o)}", $"join {Joined(o)}"),
            PrivilegeOperation.PivotRoot => ($"changed its root directory to {show(o.Subject)}", $"change its root directory to {show(o.Subject)}"),
            PrivilegeOperation.Bpf => ($"called bpf ({PrivilegeNames.Bpf(o.Value)}{Named(o, show)})", $"call bpf ({PrivilegeNames.Bpf(o.Value)}{Named(o, show)})"),
            PrivilegeOperation.PerfEvent => ("opened a performance event", "open a performance event"),
            PrivilegeOperation.LoadModule => ($"loaded a kernel module{Named(o, show)}", $"load a kernel module{Named(o, show)}"),
            PrivilegeOperation.Keyctl => ($"handled keys of the kernel ({PrivilegeNames.Keyctl(o.Value)})", $"handle keys of the kernel ({PrivilegeNames.Keyctl(o.Value)})"),
            PrivilegeOperation.Userfaultfd => ("took over page faults with userfaultfd", "take over page faults with userfaultfd"),
            PrivilegeOperation.IoUring => ("set up io_uring", "set up io_uring"),
            PrivilegeOperation.Kill when PrivilegeNames.IsOfAgent(o) => ($"sent {PrivilegeNames.Signal(o.Value)} to this node's agent", "end this node's agent"),
            PrivilegeOperation.Kill => (Text($"sent {PrivilegeNames.Signal(o.Value)} to {o.Count} other processes"), "end other processes"),
            PrivilegeOperation.SetName => ($"took the name of a kernel thread, {show(o.Subject)}", $"take the name of a kernel thread, {show(o.Subject)}"),
            PrivilegeOperation.TakeDescriptor => ($"took an open file out of {other}", $"take an open file out of {other}"),
            PrivilegeOperation.OpenByHandle => ($"opened {(o.Subject.Length > 0 ? show(o.Subject) : "a file")} by its handle", "open a file by its handle"),
            _ => ("used a privilege", "use a privilege"),
        };
    }

    private static string Mounted(PrivilegeObservation mount, Func<string, string> show)
    {
        var (type, source) = (PrivilegeNames.MountType(mount), PrivilegeNames.MountSource(mount));
        var what = type.Length > 0 ? show(type) : PrivilegeNames.Mount(mount.Value);
        var from = source.Length > 0 ? $" of {show(source)}" : "";
        return mount.Subject.Length > 0 ? $"{what}{from} on {show(mount.Subject)}" : $"{what}{from}";
    }

    private static string Joined(PrivilegeObservation setns)
    {
        var names = PrivilegeNames.NamespacesOf(setns.Value);
        return (setns.Detail == "host" ? "the host's" : "other") + (names.Length > 0 ? $" namespaces ({names})" : " namespaces");
    }

    private static string Named(PrivilegeObservation observation, Func<string, string> show) => observation.Subject.Length > 0 ? " " + show(observation.Subject) : "";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
