using System.Security.Cryptography;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Binaries;

/// <summary>Files of images, which another node may have read already.</summary>
internal sealed unsafe partial class ContentReader
{
    /// <summary>Looking at the headers of a smaller file costs about as much as reading it.</summary>
    private const ulong MinSharedBytes = 64 * 1024;

    // Bounded by SharedHashes.MaxWaiting; the oldest first.
    private readonly LinkedList<AskedFile> _asked = [];
    private ulong _question;

    /// <summary>Since start; any thread reads them. Asked = answered + unknown + timed out + waiting.</summary>
    public ulong Asked { get; private set; }
    public ulong Answered { get; private set; }
    public ulong Unknown { get; private set; }
    public ulong TimedOut { get; private set; }
    public ulong Verified { get; private set; }
    public ulong Disagreed { get; private set; }
    public ulong SparedBytes { get; private set; }

    /// <summary>Until the oldest question has waited long enough; infinite when there is none.</summary>
    public int DueMilliseconds => _asked.First is { } first ? (int)Math.Ceiling(Left(first.Value).TotalMilliseconds) : Timeout.Infinite;

    /// <summary>One of the files that other nodes were asked for, when the answer is here or will not come; to be handed to <see cref="Finish"/>.</summary>
    public (AskedFile Asked, SharedAnswer? Answer)? TakeAnswered()
    {
        while (fleet is not null && fleet.TryTake(out var answer))
        {
            for (var node = _asked.First; node is not null; node = node.Next)
            {
                if (node.Value.Question != answer.Question)
                    continue;
                _asked.Remove(node);
                _ = answer.Sha256.Length == 0 ? Unknown++ : Answered++;
                return (node.Value, answer);
            }
        }
        if (_asked.First is not { } oldest || (fleet!.IsOpen && Left(oldest.Value) > TimeSpan.Zero))
            return null;
        _asked.RemoveFirst();
        TimedOut++;
        return (oldest.Value, null);
    }

    /// <param name="answer">Null when none came.</param>
    public BinaryContent Finish(AskedFile asked, SharedAnswer? answer, long nowUnixNs, CancellationToken stop)
    {
        try
        {
            return Judge(asked, answer, nowUnixNs, stop);
        }
        finally
        {
            _ = close(asked.File.Descriptor);
        }
    }

    /// <summary>Closes what still waits.</summary>
    public void Abandon()
    {
        foreach (var asked in _asked)
            _ = close(asked.File.Descriptor);
        _asked.Clear();
    }

    /// <param name="path">From the root of the container's mounts: a process may have changed its own root.</param>
    private bool TryAsk(OpenFile open, byte[] path)
    {
        if (fleet is null || !fleet.IsOpen || _asked.Count >= SharedHashes.MaxWaiting
            || open.Request.Container is not { ImageDigest.Length: > 0 } container
            || open.Identity.Size < MinSharedBytes || open.Identity.Size > (ulong)options.MaxFileBytes
            || !layers.Hold(container, open.Identity, path))
            return false;
        var asked = new AskedFile(open, new(container.ImageDigest, path, open.Identity.Size, open.Identity.ModifiedNs), ++_question, time.GetTimestamp());
        if (!fleet.TryAsk(asked.Name, asked.Question))
            return false;
        Asked++;
        _asked.AddLast(asked);
        return true;
    }

    private BinaryContent Judge(AskedFile asked, SharedAnswer? answer, long nowUnixNs, CancellationToken stop)
    {
        var open = asked.File;
        // Another container's process ran it meanwhile.
        if (TryCache(open.Shared, open.Identity, open.Question) is { } known)
            return known;
        var elsewhere = answer?.Sha256 ?? [];
        var isConfirmed = elsewhere.Length > 0 && answer!.IsConfirmed;
        if (isConfirmed && RandomNumberGenerator.GetInt32(options.VerifyOneIn) != 0)
        {
            SparedBytes += open.Identity.Size;
            return Keep(open, new(open.Identity, elsewhere, open.Traits) { IsElsewhere = true }, nowUnixNs);
        }

        var content = Hash(open, stop);
        // Its container may have written to it since it was asked for: then it is not the image's that was read.
        if (content.Sha256.Length == 0 || !layers.Hold(open.Request.Container!, open.Identity, asked.Name.Path))
            return Keep(open, content, nowUnixNs);
        var isSame = elsewhere.AsSpan().SequenceEqual(content.Sha256);
        if (elsewhere.Length > 0)
            Verified++;
        if (elsewhere.Length > 0 && !isSame)
        {
            Disagreed++;
            content = content with { Traits = content.Traits | BinaryTraits.Disagrees, ElsewhereSha256 = elsewhere };
        }
        // Where another node said otherwise, the report is what ends the sharing of this file.
        if (!isConfirmed || !isSame)
            fleet!.Report(asked.Name, content.Sha256);
        return Keep(open, content, nowUnixNs);
    }

    private TimeSpan Left(AskedFile asked)
    {
        var left = SharedHashes.Patience - time.GetElapsedTime(asked.Stamp);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <param name="Stamp">When it was asked for.</param>
    internal sealed record AskedFile(OpenFile File, SharedFile Name, ulong Question, long Stamp);
}
