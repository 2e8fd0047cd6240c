using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;

namespace Runtime.Agent.Recording;

/// <summary>Reads a recording. The whole file is checked when it is opened; records are read again, one at a time, as they are replayed.</summary>
internal sealed class RecordingReader : IDisposable
{
    private const int MaxCgroups = 262_144;
    private const int MaxProcesses = 4_194_304;

    private readonly string _path;
    private readonly Stream _file;
    private readonly long _firstFrame;
    private long _endOfFrames;
    private uint _version;
    private byte[] _buffer = new byte[64 * 1024];

    // Bounded by MaxCgroups and MaxProcesses; more is a damaged file.
    private readonly Dictionary<CgroupKey, ContainerRecord> _containers = [];
    private readonly List<RecordedProcess> _processes = [];

    /// <exception cref="RecordingException">The file is no recording, or damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public RecordingReader(string path)
        : this(path, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 256 * 1024))
    {
    }

    internal RecordingReader(string path, Stream file)
    {
        (_path, _file) = (path, file);
        try
        {
            ReadHeader();
            _firstFrame = _file.Position;
            Index();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    public long WallOffsetNs { get; private set; }
    public string KernelRelease { get; private set; } = "";
    public ulong Records { get; private set; }

    /// <summary>False when the file was cut: the recorder was interrupted. What is there is whole.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The newest of each cgroup.</summary>
    public IReadOnlyDictionary<CgroupKey, ContainerRecord> Containers => _containers;

    /// <summary>Those of the start, parents first.</summary>
    public IReadOnlyList<RecordedProcess> Processes => _processes;

    /// <summary>Every ring record, in order. The bytes are valid until the next one is asked for.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> ReadRecords()
    {
        _file.Position = _firstFrame;
        while (_file.Position < _endOfFrames && ReadFrame() is { } frame)
        {
            if (frame.Kind == FrameKind.Record)
                yield return frame.Payload;
        }
    }

    public void Dispose() => _file.Dispose();

    private void ReadHeader()
    {
        var fixedPart = new byte[24];
        if (_file.ReadAtLeast(fixedPart, fixedPart.Length, throwOnEndOfStream: false) < fixedPart.Length || !fixedPart.AsSpan().StartsWith(RecordingFormat.Magic))
            throw new RecordingException(_path, 0, "this is no recording of 'agent trace --record'");
        _version = BinaryPrimitives.ReadUInt32LittleEndian(fixedPart.AsSpan(8));
        if (_version is 0 or > RecordingFormat.Version)
            throw new RecordingException(_path, 8, $"the format's version is {_version}; this agent reads 1 to {RecordingFormat.Version}");
        WallOffsetNs = BinaryPrimitives.ReadInt64LittleEndian(fixedPart.AsSpan(12));
        var length = BinaryPrimitives.ReadUInt32LittleEndian(fixedPart.AsSpan(20));
        if (length > 256)
            throw new RecordingException(_path, 20, $"the kernel's release has {length} bytes; at most 256 are right");
        var rest = new byte[length + 4];
        if (_file.ReadAtLeast(rest, rest.Length, throwOnEndOfStream: false) < rest.Length)
            throw new RecordingException(_path, 0, "the file ends within its header");
        KernelRelease = Encoding.UTF8.GetString(rest.AsSpan(0, (int)length));
        var crc = new Crc32();
        crc.Append(fixedPart);
        crc.Append(rest.AsSpan(0, (int)length));
        if (crc.GetCurrentHashAsUInt32() != BinaryPrimitives.ReadUInt32LittleEndian(rest.AsSpan((int)length)))
            throw new RecordingException(_path, 0, "the header's checksum does not fit: the file is damaged");
    }

    private void Index()
    {
        ulong frames = 0;
        while (true)
        {
            var offset = _file.Position;
            _endOfFrames = offset;
            if (ReadFrame() is not { } frame)
                return;
            switch (frame.Kind)
            {
                case FrameKind.Record:
                    Records++;
                    break;
                case FrameKind.Container:
                    ReadContainer(frame.Payload.Span, offset);
                    break;
                case FrameKind.Process:
                    ReadProcess(frame.Payload.Span, offset);
                    break;
                case FrameKind.End:
                    if (frame.Payload.Length != 8 || BinaryPrimitives.ReadUInt64LittleEndian(frame.Payload.Span) != frames)
                        throw new RecordingException(_path, offset, $"the end counts other frames than the {frames} before it");
                    IsComplete = true;
                    return;
                default:
                    throw new RecordingException(_path, offset, $"frame kind {(byte)frame.Kind} is unknown");
            }
            frames++;
        }
    }

    /// <returns>Null at the end of the file, also within a frame: it was cut there.</returns>
    private Frame? ReadFrame()
    {
        var offset = _file.Position;
        if (!TryFill(0, RecordingFormat.FrameHead))
            return null;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(1));
        if (length > RecordingFormat.MaxPayload)
            throw new RecordingException(_path, offset + 1, $"a frame of {length} bytes; at most {RecordingFormat.MaxPayload} are right");
        var end = RecordingFormat.FrameHead + (int)length;
        if (_buffer.Length < end + RecordingFormat.FrameTail)
            Array.Resize(ref _buffer, end + RecordingFormat.FrameTail);
        if (!TryFill(RecordingFormat.FrameHead, (int)length + RecordingFormat.FrameTail))
            return null;
        if (Crc32.HashToUInt32(_buffer.AsSpan(0, end)) != BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(end)))
            throw new RecordingException(_path, offset, "the frame's checksum does not fit: the file is damaged");
        return new Frame((FrameKind)_buffer[0], _buffer.AsMemory(RecordingFormat.FrameHead, (int)length));
    }

    private bool TryFill(int at, int length) => _file.ReadAtLeast(_buffer.AsSpan(at, length), length, throwOnEndOfStream: false) == length;

    private void ReadContainer(ReadOnlySpan<byte> payload, long offset)
    {
        var reader = new PayloadReader(payload);
        var cgroup = new CgroupKey(reader.UInt64(), reader.Byte());
        var (complete, sandbox, started) = (reader.Byte() != 0, reader.Byte() != 0, reader.Int64());
        var built = _version >= 2 ? reader.Int64() : 0;
        var texts = new string[10];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = reader.Text();
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        // At least eight bytes each: the payload's length bounds them.
        for (var left = reader.UInt32(); left > 0 && !reader.IsDamaged; left--)
            labels[reader.Text()] = reader.Text();
        Check(reader, offset);
        _containers[cgroup] = new ContainerRecord(texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], labels, texts[6], texts[7], started, texts[8], texts[9], complete) { IsSandbox = sandbox, ImageCreatedUnixS = built };
        if (_containers.Count > MaxCgroups)
            throw new RecordingException(_path, offset, $"more than {MaxCgroups} cgroups");
    }

    private void ReadProcess(ReadOnlySpan<byte> payload, long offset)
    {
        var reader = new PayloadReader(payload);
        var process = RecordedProcess.Read(ref reader);
        Check(reader, offset);
        _processes.Add(process);
        if (_processes.Count > MaxProcesses)
            throw new RecordingException(_path, offset, $"more than {MaxProcesses} processes");
    }

    private void Check(PayloadReader reader, long offset)
    {
        if (reader.IsDamaged || !reader.IsAtEnd)
            throw new RecordingException(_path, offset, "the frame's parts do not fill its length");
    }

    private readonly record struct Frame(FrameKind Kind, ReadOnlyMemory<byte> Payload);
}
