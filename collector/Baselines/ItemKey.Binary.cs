using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Baselines;

internal sealed partial class ItemKey
{
    /// <remarks>
    /// binary  /usr/sbin/nginx|sha256:0123…|9f86d081…   path, image, content; the image has no name on a host
    /// binary  /usr/sbin/nginx|sha256:0123…|9f86d081…|elsewhere 60303ae2…   also when both contents are known: they must not differ
    /// A new image brings new contents as a matter of course; other bytes under a path of the same image are news.
    /// </remarks>
    public ReadOnlySpan<char> Binary(BinaryObservation binary)
    {
        BinaryPrefix(binary);
        Raw(binary.Sha256);
        if (binary.Traits.HasFlag(BinaryTraits.Disagrees))
        {
            Raw("|elsewhere ");
            Raw(binary.ElsewhereSha256);
        }

        return Finish();
    }

    /// <summary>All contents of a path in an image.</summary>
    public ReadOnlySpan<char> BinaryPrefix(BinaryObservation binary)
    {
        Start(ItemKind.Binary);
        Part(binary.Path);
        Raw("|");
        Digest(binary);
        Raw("|");
        return Text;
    }

    /// <remarks>
    /// binary  packages|sha256:0123…   the image, as far as its files are not what their packages have; no path begins so
    /// </remarks>
    public ReadOnlySpan<char> ImagePackages(BinaryObservation binary)
    {
        Start(ItemKind.Binary);
        Raw("packages|");
        Digest(binary);
        return Finish();
    }

    private void Digest(BinaryObservation binary)
    {
        var digest = binary.Container?.ImageDigest ?? "";
        Raw(digest.AsSpan(0, Math.Min(digest.Length, "sha256:".Length + 16)));
    }

    /// <remarks>
    /// loading  /usr/bin/java|JAVA_TOOL_OPTIONS=-javaagent:/opt/agent.jar   varying parts of the value are typed
    /// </remarks>
    public ReadOnlySpan<char> Loading(ProcessInfo process, string variable)
    {
        Start(ItemKind.Loading);
        Part(process.Binary);
        Raw("|");
        Part(VaryingPath.Type(variable));
        return Finish();
    }

    /// <summary>What makes a program another one than its file: what a loader ran, a name that hides it, commands from a pipe.</summary>
    private void Guise(ProcessInfo process)
    {
        if (process.Payload.Length > 0)
        {
            Raw(" ");
            Part(VaryingPath.Type(process.Payload));
        }

        if (Masquerade.NameOf(process) is { } name)
        {
            Raw(" as ");
            Part(VaryingPath.Type(name));
        }

        if (ExecEvidence.ReadsCommandsFromPipe(process))
        {
            Raw(" <pipe");
        }
    }
}
