namespace Runtime.Agent.Recording;

/// <summary>The file that <c>agent trace --record</c> writes and <c>agent replay</c> reads. Little-endian.</summary>
/// <remarks>
/// <code>
/// header   8 bytes "RTRECORD" · u32 version (2) · i64 wall clock minus boot clock, ns · text kernel release · u32 CRC-32 of all before
/// frame    u8 kind · u32 length · payload · u32 CRC-32 of all before in the frame
/// text     u32 length · bytes
///
/// kind 1   record     one ring record as the kernel wrote it (agent/bpf/events.h)
/// kind 2   container  u64 cgroup id · u8 cgroup version · u8 complete · u8 sandbox · i64 started, Unix ns · i64 image built, Unix s (not in version 1) · texts id, runtime, name,
///                     pod name, pod namespace, pod uid, image, image digest, cgroup path, pod ip · u32 labels · twice that many texts
///                     A later one of the same cgroup replaces an earlier one.
/// kind 3   process    one that was there when the recording began, after its parent: see <see cref="RecordedProcess"/>
/// kind 4   end        u64 frames before this one. A file without it was cut, and is good up to its last whole frame.
/// </code>
/// A recording holds arguments as the kernel gave them, secrets too: it is made readable for its owner only.
/// </remarks>
internal static class RecordingFormat
{
    public const uint Version = 2;

    /// <summary>A ring record is at most 64 KiB; a container with all its labels at most 256 KiB (Kubernetes).</summary>
    public const int MaxPayload = 1024 * 1024;

    /// <summary>Before the payload: kind and length.</summary>
    public const int FrameHead = 5;
    public const int FrameTail = 4;

    public static ReadOnlySpan<byte> Magic => "RTRECORD"u8;
}

internal enum FrameKind : byte
{
    Record = 1,
    Container = 2,
    Process = 3,
    End = 4,
}

/// <summary>A file is no recording, or a damaged one. The message says where.</summary>
internal sealed class RecordingException(string path, long offset, string what)
    : Exception($"{path}: at offset {offset}: {what}")
{
    public long Offset { get; } = offset;
}
