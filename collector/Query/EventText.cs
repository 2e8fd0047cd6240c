using System.Globalization;
using System.Net;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;
using Runtime.Collector.Nodes;

namespace Runtime.Collector.Query;

/// <summary>An observation in one line, and its particulars by name. Text from containers is given as it was: who shows it escapes.</summary>
internal static class EventText
{
    public static string Kind(Observation observation) => observation switch
    {
        ExecObservation => "exec",
        ExitObservation => "exit",
        FileObservation => "file",
        NetworkObservation => "network",
        LossObservation => "loss",
        PrivilegeObservation => "privilege",
        BinaryObservation => "binary",
        ManagedObservation => "managed",
        ResourceObservation => "resource",
        SightObservation => "sight",
        _ => throw new ArgumentOutOfRangeException(nameof(observation), observation.GetType().Name, "not a kind of the API"),
    };

    public static string Summary(Observation observation) => observation switch
    {
        ExecObservation => $"exec {CommandLine(observation.Process)}",
        ExitObservation { Signal: > 0 } exit => $"exit {exit.Process.Binary} by signal {exit.Signal} after {Seconds(exit.RunTime)}",
        ExitObservation exit => $"exit {exit.Process.Binary} with code {exit.Code} after {Seconds(exit.RunTime)}",
        FileObservation { Operation: FileOperation.Xattr } file => $"{(file.RemovedAttribute ? "removed" : "set")} attribute {file.OtherPath} of {file.Path}",
        FileObservation { OtherPath.Length: > 0 } file => $"{Word(file.Operation)} {file.OtherPath} to {file.Path}",
        FileObservation file => $"{Word(file.Operation)} {file.Path}",
        NetworkObservation network => Network(network),
        BinaryObservation binary => $"content of {binary.Path} {(binary.Sha256.Length > 0 ? "sha256:" + binary.Sha256 : "not read")}{(binary.Traits == BinaryTraits.None ? "" : $" ({Names(binary.Traits)})")}{(binary.ElsewhereSha256.Length > 0 ? $", another node has sha256:{binary.ElsewhereSha256}" : "")}{Package(binary.Package)}",
        PrivilegeObservation { Flags: PrivilegeFlags.AtStart } mount => StandingText.Of(mount),
        PrivilegeObservation privilege => $"{privilege.Process.Binary} {PrivilegeWords.Did(privilege, text => text)}",
        ManagedObservation managed => $"{managed.Process.Binary} {ManagedWords.Did(managed, text => text)}",
        ResourceObservation resource => ResourceText.Summary(resource),
        SightObservation sight => SightWords.Of(sight),
        LossObservation loss => $"{loss.Count} {loss.Kind} events lost {loss.First:HH:mm:ss}–{loss.Last:HH:mm:ss}: {loss.Reason}",
        _ => Kind(observation),
    };

    public static IEnumerable<KeyValuePair<string, string>> Details(Observation observation)
    {
        List<KeyValuePair<string, string>> details = [];
        switch (observation)
        {
            case ExitObservation exit:
                Add("code", exit.Code);
                Add("signal", exit.Signal);
                Add("run_time_s", exit.RunTime.TotalSeconds);
                break;
            case FileObservation file:
                Add("operation", Word(file.Operation));
                Add("path", file.Path);
                Add("template", file.Template);
                Add("other_path", file.OtherPath);
                Add("flags", Names(file.Flags));
                Add("mode", Convert.ToString(file.Mode, 8));
                Add("inode", file.Inode);
                break;
            case NetworkObservation network:
                Add("operation", Word(network.Operation));
                Add("protocol", network.Protocol switch { 17 => "udp", 6 => "tcp", _ => "" });
                Add("local", EndPoint(network.LocalAddress, network.LocalPort));
                Add("remote", EndPoint(network.RemoteAddress, network.RemotePort));
                Add("error", network.Error);
                Add("bytes_sent", network.BytesSent);
                Add("bytes_received", network.BytesReceived);
                Add("payload", network.Payload);
                Add("name", network.Name);
                Add("flags", Names(network.Flags));
                break;
            case PrivilegeObservation privilege:
                Add("operation", Baselines.ItemKey.OperationName(privilege.Operation));
                Add("value", privilege.Value);
                Add("subject", privilege.Subject);
                Add("detail", privilege.Detail);
                Add("flags", Names(privilege.Flags));
                Add("error", privilege.Error);
                break;
            case BinaryObservation binary:
                Add("path", binary.Path);
                Add("sha256", binary.Sha256);
                Add("elsewhere_sha256", binary.ElsewhereSha256);
                Add("traits", Names(binary.Traits));
                Add("package", binary.Package.Name);
                Add("package_version", binary.Package.Version);
                Add("package_architecture", binary.Package.Architecture);
                Add("package_verdict", binary.Package.Verdict == PackageVerdict.Unknown ? "" : Snake(binary.Package.Verdict.ToString()));
                Add("package_flags", Names(binary.Package.Flags));
                Add("distribution", binary.Package.Distribution);
                Add("inode", binary.Inode);
                Add("device", binary.Device);
                Add("size", binary.Size);
                break;
            case ExecObservation exec:
                Add("payload", exec.Process.Payload);
                Add("loader_variables", string.Join(' ', exec.Process.LoaderVariables));
                break;
            case ManagedObservation managed:
                Add("operation", Baselines.ItemKey.OperationName(managed.Operation));
                Add("name", managed.Name);
                Add("path", managed.Path);
                Add("flags", Names(managed.Flags));
                break;
            case ResourceObservation resource:
                details.AddRange(ResourceText.Details(resource));
                break;
            case SightObservation sight:
                Add("kind", sight.Kind);
                Add("state", sight.IsBlind ? "blind" : "sees");
                Add("since", sight.Since.ToString("O", CultureInfo.InvariantCulture));
                Add("reason", sight.Reason);
                break;
            case LossObservation loss:
                Add("kind", loss.Kind);
                Add("reason", loss.Reason);
                break;
        }

        return details;

        // Absent says "nothing to say" better than an empty text or a 0.
        void Add(string name, object value)
        {
            var text = Convert.ToString(value, CultureInfo.InvariantCulture);
            if (text is not (null or "" or "0"))
            {
                details.Add(new(name, text));
            }
        }
    }

    /// <summary>Flags as the API names them: "upper_layer", "memfd".</summary>
    public static string Names<T>(T flags)
        where T : struct, Enum => string.Join(",", FlagNames(flags));

    public static IEnumerable<string> FlagNames<T>(T flags)
        where T : struct, Enum =>
        Enum.GetValues<T>().Where(flag => Convert.ToInt64(flag, CultureInfo.InvariantCulture) != 0 && flags.HasFlag(flag)).Select(flag => Snake(flag.ToString()));

    /// <summary>"UpperLayer" to "upper_layer".</summary>
    public static string Snake(string name) =>
        string.Concat(name.Select((letter, i) => char.IsUpper(letter) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(letter) : letter.ToString()));

    private static string Package(PackageFinding package) => package.Verdict switch
    {
        PackageVerdict.Unowned => ", of no package",
        PackageVerdict.Matches => $", as package {package.Name} {package.Version} has it",
        PackageVerdict.Mismatch => $", not as package {package.Name} {package.Version} has it",
        _ when package.Name.Length > 0 => $", of package {package.Name} {package.Version}",
        _ => "",
    };

    private static string CommandLine(ProcessInfo process) =>
        process.Arguments.Count > 1 ? $"{process.Binary} {string.Join(' ', process.Arguments.Skip(1))}" : process.Binary;

    private static string Network(NetworkObservation network)
    {
        var protocol = network.Protocol == 17 ? "udp " : "";
        var remote = EndPoint(network.RemoteAddress, network.RemotePort);
        if ((network.Flags & NetworkFlags.AtStart) != 0 && network.Operation != NetworkOperation.Close)
        {
            return StandingText.Of(network, protocol, EndPoint(network.LocalAddress, network.LocalPort), remote);
        }

        if (network.Operation == NetworkOperation.NameQuery)
        {
            return $"asks {remote} for {network.Name}";
        }

        if (network.Operation is NetworkOperation.UnixConnect or NetworkOperation.RawSocket)
        {
            return $"{(network.Operation == NetworkOperation.UnixConnect ? "connect" : "open socket")} {network.Name}";
        }

        if ((network.Flags & NetworkFlags.NameFromSni) != 0)
        {
            return $"first bytes to {remote} look like {network.Payload} and call it {network.Name}";
        }

        if (network.Name.Length > 0)
        {
            remote = $"{network.Name} ({remote})";
        }

        return network.Operation switch
        {
            NetworkOperation.Listen => $"listen {protocol}{EndPoint(network.LocalAddress, network.LocalPort)}",
            NetworkOperation.Accept => $"accept {remote} on port {network.LocalPort}",
            NetworkOperation.Close => $"close {remote} after {Seconds(network.Duration)}, {network.BytesSent} B sent, {network.BytesReceived} B received",
            NetworkOperation.Progress => $"connected to {remote} for {Seconds(network.Duration)}, {network.BytesSent} B sent, {network.BytesReceived} B received since last told",
            NetworkOperation.FirstBytes => $"first bytes to {remote} look like {network.Payload}",
            NetworkOperation.UdpPeer => $"udp to {remote}",
            NetworkOperation.Scan => $"scan, {network.Count} attempts, one of them to {remote}",
            NetworkOperation.Connect when network.IsAbandoned => $"connect {remote} given up before an answer",
            NetworkOperation.Connect when network.Error != 0 => $"connect {remote} failed (errno {network.Error})",
            _ => $"{Word(network.Operation)} {protocol}{remote}",
        };
    }

    private static string EndPoint(IPAddress? address, int port) =>
        address is null ? (port > 0 ? $"*:{port}" : "") : new IPEndPoint(address, port).ToString();

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + " s";

    private static string Word(FileOperation operation) => operation == FileOperation.MapExecutable ? "load" : Snake(operation.ToString()).Replace('_', ' ');

    private static string Word(NetworkOperation operation) => Snake(operation.ToString()).Replace('_', ' ');
}
