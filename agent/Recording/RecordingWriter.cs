using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Recording;

/// <summary>Writes a recording: every ring record as it comes, and what is known around them. One thread.</summary>
internal sealed class RecordingWriter : IRawRecordSink, IDisposable
{
    private readonly Stream _file;
    private readonly MemoryStream _payload = new();
    private readonly BinaryWriter _writer;

    // Bounded by the node's cgroups: what was written last for each.
    private readonly Dictionary<CgroupKey, ContainerRecord> _containers = [];
    private ulong _frames;

    /// <param name="wallOffsetNs">Wall clock minus boot clock.</param>
    public RecordingWriter(Stream file, long wallOffsetNs, string kernelRelease)
    {
        _file = file;
        _writer = new BinaryWriter(_payload, Encoding.UTF8);
        _writer.Write(RecordingFormat.Magic);
        _writer.Write(RecordingFormat.Version);
        _writer.Write(wallOffsetNs);
        Text(kernelRelease);
        _writer.Write(Crc32.HashToUInt32(Payload));
        _file.Write(Payload);
    }

    /// <exception cref="IOException">The file exists, or cannot be made.</exception>
#pragma warning disable CA1416 // the agent runs on Linux only
    public static RecordingWriter Create(string path, long wallOffsetNs, string kernelRelease) => new(
        new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            BufferSize = 256 * 1024,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }),
        wallOffsetNs,
        kernelRelease);
#pragma warning restore CA1416

    public ulong Frames => _frames;

    public void OnRecord(ReadOnlySpan<byte> record) => Frame(FrameKind.Record, record);

    /// <summary>Written when it differs from what this cgroup had before.</summary>
    public void OnContainer(CgroupKey cgroup, ContainerRecord container)
    {
        if (_containers.TryGetValue(cgroup, out var written) && ReferenceEquals(written, container))
            return;
        _containers[cgroup] = container;
        Begin();
        _writer.Write(cgroup.Id);
        _writer.Write(cgroup.Version);
        _writer.Write(container.Complete);
        _writer.Write(container.IsSandbox);
        _writer.Write(container.StartedUnixNs);
        _writer.Write(container.ImageCreatedUnixS);
        Text(container.Id);
        Text(container.Runtime);
        Text(container.Name);
        Text(container.PodName);
        Text(container.PodNamespace);
        Text(container.PodUid);
        Text(container.Image);
        Text(container.ImageDigest);
        Text(container.CgroupPath);
        Text(container.PodIp);
        _writer.Write(container.PodLabels.Count);
        foreach (var (name, value) in container.PodLabels)
        {
            Text(name);
            Text(value);
        }
        Frame(FrameKind.Container, Payload);
    }

    /// <summary>Of the start, parents first.</summary>
    public void OnProcess(ProcessRecord process)
    {
        Begin();
        RecordedProcess.Write(_writer, process);
        Frame(FrameKind.Process, Payload);
    }

    public void Dispose()
    {
        Begin();
        _writer.Write(_frames);
        Frame(FrameKind.End, Payload);
        _writer.Dispose();
        _file.Dispose();
    }

    private ReadOnlySpan<byte> Payload => _payload.GetBuffer().AsSpan(0, (int)_payload.Length);

    private void Begin() => _payload.SetLength(0);

    private void Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        _writer.Write(bytes.Length);
        _writer.Write(bytes);
    }

    private void Frame(FrameKind kind, ReadOnlySpan<byte> payload)
    {
        // A container with more labels than Kubernetes allows: left out, its events are replayed as the host's.
        if (payload.Length > RecordingFormat.MaxPayload)
            return;
        Span<byte> head = stackalloc byte[RecordingFormat.FrameHead];
        head[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], payload.Length);
        var crc = new Crc32();
        crc.Append(head);
        crc.Append(payload);
        Span<byte> tail = stackalloc byte[RecordingFormat.FrameTail];
        BinaryPrimitives.WriteUInt32LittleEndian(tail, crc.GetCurrentHashAsUInt32());
        _file.Write(head);
        _file.Write(payload);
        _file.Write(tail);
        _frames++;
    }
}
