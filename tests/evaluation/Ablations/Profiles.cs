using Runtime.Collector.Baselines;
using Runtime.Collector.Ingest;
using PeerKeys = Runtime.Collector.Baselines.Peers;

namespace Runtime.Evaluation.Ablations;

/// <summary>What a product keeps of a deployment. Not thread-safe; bounded by what was recorded.</summary>
internal interface IProfile
{
    /// <summary>What is new in an observation, each once for ever, in words.</summary>
    /// <param name="isLocked">Nothing is learnt any more: what is new is only told.</param>
    IEnumerable<string> TakeNew(Observation observation, bool isLocked);
}

/// <summary>Our keys of programs, edges, writes and peers, without the shapes that names are generalised to.</summary>
internal sealed class OurKeys : IProfile
{
    private readonly ItemKey _key = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public IEnumerable<string> TakeNew(Observation observation, bool isLocked) => KeysOf(observation).Where(_known.Add).ToList();

    private IEnumerable<string> KeysOf(Observation observation)
    {
        switch (observation)
        {
            case ExecObservation exec:
                yield return _key.Exec(exec.Process).ToString();
                yield return _key.Edge(exec.Process, exec.Lineage.Count > 1 ? exec.Lineage[1] : null).ToString();
                break;
            case FileObservation { Operation: not (FileOperation.Unknown or FileOperation.SensitiveRead or FileOperation.MapExecutable) } file:
                yield return _key.FileWrite(file).ToString();
                break;
            case NetworkObservation { Operation: NetworkOperation.Connect or NetworkOperation.UdpPeer } network when PeerKeys.KindOf(network) != PeerKind.Self:
                yield return _key.Egress(network, PeerKeys.Fold(PeerKeys.KindOf(network), network.RemoteAddress, new char[PeerNames.FoldedLength]), PeerKeys.PortClass(network.RemotePort, new char[16])).ToString();
                break;
            case NetworkObservation { Operation: NetworkOperation.Listen } network:
                yield return _key.Listen(network, PeerKeys.PortClass(network.LocalPort, new char[16])).ToString();
                break;
        }
    }
}

/// <summary>Programs by their paths and nothing else: StackRox's process baseline (central/processbaseline), Kubescape's rule R0001.</summary>
internal sealed class ProgramPaths : IProfile
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public IEnumerable<string> TakeNew(Observation observation, bool isLocked) =>
        observation is ExecObservation exec && _known.Add(exec.Process.Binary) ? [exec.Process.Binary] : [];
}

/// <summary>Programs with all that started them, up to the container's first: Datadog's activity tree (pkg/security/security_profile/activity_tree).</summary>
internal sealed class ProgramTree : IProfile
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    public IEnumerable<string> TakeNew(Observation observation, bool isLocked) =>
        observation is ExecObservation exec && string.Join(" > ", exec.Lineage.Reverse().Select(process => process.Binary)) is var chain && _known.Add(chain) ? [chain] : [];
}

/// <summary>
/// Programs and changed files by their paths, whoever changes them; many names in a folder become any name: Kubescape's R0001 and R0002
/// (kubescape/storage, dynamicpathdetector; kubescape/rulelibrary, r0002-unexpected-file-access.yaml, which looks at these places only). It keeps what
/// is read too, which no recording of ours has.
/// </summary>
internal sealed class ProgramsAndFolders : IProfile
{
    private static readonly string[] s_places = ["/etc/", "/var/log/", "/var/run/", "/run/", "/var/spool/cron/", "/var/www/", "/var/lib/", "/opt/", "/usr/local/", "/app/"];

    private readonly ProgramPaths _programs = new();
    private readonly FolderTree _files = new();
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    public IEnumerable<string> TakeNew(Observation observation, bool isLocked)
    {
        if (observation is not FileObservation { Operation: not (FileOperation.Unknown or FileOperation.SensitiveRead or FileOperation.MapExecutable) } file)
        {
            return _programs.TakeNew(observation, isLocked);
        }

        if (!Array.Exists(s_places, place => file.Path.StartsWith(place, StringComparison.Ordinal)))
        {
            return [];
        }

        return (isLocked ? !_files.Knows(file.Path) && _told.Add(file.Path) : _files.Learn(file.Path)) ? [file.Path] : [];
    }
}
