using System.Globalization;
using Runtime.Collector.Baselines;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>One sentence for a person: what happened, where, and against what it is odd.</summary>
internal static partial class Titles
{
    /// <param name="scope">"shop/web (app)".</param>
    /// <param name="history">"61 h on 3 replicas"; empty while nothing was watched.</param>
    public static string Exec(ExecObservation exec, bool onlyEdgeIsNew, string scope, string history)
    {
        var process = exec.Process;
        var name = DisplayText.Path(process.Script.Length > 0 ? $"{process.Script} ({ProgramNames.BaseName(process.Binary)})" : process.Binary);
        var by = exec.Lineage.Count > 1 ? DisplayText.Name(exec.Lineage[1].Binary)
            : process.Phase == Phase.Session ? "the container runtime (exec or probe)"
            : "the container runtime";
        var odd = onlyEdgeIsNew ? "known here, but never started from there" : "never seen";
        return $"{name} was started by {by} in {scope}: {odd}{In(history)}";
    }

    public static string Looks(ExecObservation exec, IReadOnlyList<string> tools, string scope, string history) =>
        $"{DisplayText.Name(exec.Lineage[1].Binary)} looks around in {scope} with {string.Join(", ", tools.Select(DisplayText.Name))}: it never did so{In(history)}";

    public static string File(FileObservation file, string scope, string history)
    {
        var verb = file.Operation switch
        {
            FileOperation.Create => "created",
            FileOperation.Rename => "renamed a file to",
            FileOperation.Unlink => "removed",
            FileOperation.Link => "linked a file as",
            FileOperation.Symlink => "made the symbolic link",
            FileOperation.ChmodExecutable => "made executable",
            FileOperation.SensitiveRead => "read",
            FileOperation.MapExecutable => "loaded",
            FileOperation.Truncate => "cut",
            FileOperation.MapWritable => "mapped for writing",
            FileOperation.Xattr when file.RemovedAttribute => $"removed the attribute {DisplayText.Path(file.OtherPath)} of",
            FileOperation.Xattr => $"set the attribute {DisplayText.Path(file.OtherPath)} of",
            FileOperation.Attribute when (file.Flags & FileFlags.Refused) != 0 => "tried to change the attributes of",
            FileOperation.Attribute => "changed the attributes of",
            FileOperation.MakeNode => "made the device node",
            FileOperation.ChmodSpecial => "gave its owner's rights to who runs",
            FileOperation.Times => "set by hand the times of",
            FileOperation.SensitiveWrite => "wrote the kernel's control file",
            _ => "wrote",
        };
        return $"{DisplayText.Path(file.Process.Binary)} {verb} {DisplayText.Path(file.Path)} in {scope}: it never did so{In(history)}";
    }

    public static string Many(FileObservation file, MassChange change, string scope, string history)
    {
        var did = change.Ending.Length > 0 ? $"files were replaced by ones ending in {DisplayText.Path(change.Ending)}" : "files were removed";
        return string.Create(CultureInfo.InvariantCulture, $"{change.Files} {did} in {scope}, at last by {DisplayText.Path(file.Process.Binary)}: never seen{In(history)}");
    }

    public static string Network(NetworkObservation network, string scope, string history)
    {
        var binary = DisplayText.Path(network.Process.Binary);
        var protocol = Peers.ProtocolName(network.Protocol);
        if (network.Operation == NetworkOperation.Listen)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{binary} listens on port {network.LocalPort}/{protocol} in {scope}: it never did so{In(history)}");
        }

        if (network.Operation is NetworkOperation.UnixConnect or NetworkOperation.RawSocket)
        {
            var did = network.Operation == NetworkOperation.UnixConnect ? "connected to the container runtime's socket" : "opened a socket of the kind";
            return $"{binary} {did} {DisplayText.Path(network.Name)} in {scope}: it never did so{In(history)}";
        }

        if (network.Operation == NetworkOperation.NameQuery)
        {
            return $"{binary} looked up {DisplayText.Shorten(DisplayText.Escape(network.Name), 120)} in {scope}: never seen{In(history)}";
        }

        var peer = network.RemoteAddress is null ? "an unknown address" : new global::System.Net.IPEndPoint(network.RemoteAddress, network.RemotePort).ToString();
        if (network.Operation == NetworkOperation.Scan)
        {
            return $"{binary} looks for open ports or hosts in {scope}, last at {peer}/{protocol}: it never did so{In(history)}";
        }

        if (network.Name.Length > 0)
        {
            peer = $"{DisplayText.Shorten(DisplayText.Escape(network.Name), 120)} ({peer})";
        }

        var failed = network.Error == 0 ? "" : network.IsAbandoned ? " (given up before an answer)" : string.Create(CultureInfo.InvariantCulture, $" (failed, errno {network.Error})");
        return $"{binary} connected to {peer}/{protocol}{failed} in {scope}: never seen{In(history)}";
    }

    public static string Privilege(PrivilegeObservation privilege, string scope, string history) =>
        $"{DisplayText.Path(privilege.Process.Binary)} {PrivilegeWords.Did(privilege, DisplayText.Path)} in {scope}: never seen{In(history)}";

    public static string Managed(ManagedObservation managed, string scope, string history) =>
        $"{DisplayText.Path(managed.Process.Binary)} {ManagedWords.Did(managed, DisplayText.Path)} in {scope}: never seen{In(history)}";

    /// <param name="known">All images of the deployment, oldest first, <paramref name="image"/> among them.</param>
    public static string Rollout(ImageVersion image, IReadOnlyList<ImageVersion> known, string scope)
    {
        var before = known.LastOrDefault(other => other.Digest != image.Digest);
        return $"{scope} runs an image that it never ran: {Reference(image)}{(before is null ? "" : $" after {Reference(before)}")}";

        static string Reference(ImageVersion version) => DisplayText.Path(version.Name.Length == 0 ? version.Digest : $"{version.Name}@{DisplayText.Shorten(version.Digest, 20)}");
    }

    public static string TierZero(TierZeroFact fact, string scope) => $"{fact.Words}, in {scope}";

    private static string In(string history) => history.Length == 0 ? " before" : " in " + history;
}
