using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace Runtime.Agent.Resources;

/// <summary>Reads files of the kernel's own file systems whole. One thread.</summary>
/// <remarks>
/// Opened anew for each read: a descriptor that is kept holds a page of the kernel's (seq_file) once it was read, which for eight files of 1,000
/// containers is 32 MB. A file that is not there is an ordinary answer: the controller is not enabled, or the container has ended.
/// </remarks>
internal sealed unsafe class SmallFile
{
    // What is longer is cut: the list of processes of a very large container, or io.stat of very many devices.
    private readonly byte[] _buffer = new byte[64 * 1024];

    /// <summary>A path as <see cref="Read"/> takes it.</summary>
    public static byte[] Path(string path) => Encoding.UTF8.GetBytes(path + "\0");

    /// <returns>Empty when it cannot be read. Valid until the next read.</returns>
    public ReadOnlySpan<byte> Read(byte[] path)
    {
        int fd;
        fixed (byte* p = path)
            fd = open(p, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return [];
        var length = 0;
        fixed (byte* b = _buffer)
        {
            while (length < _buffer.Length)
            {
                var n = (long)read(fd, b + length, (size_t)(ulong)(_buffer.Length - length));
                if (n <= 0)
                    break;
                length += (int)n;
            }
        }
        _ = close(fd);
        return _buffer.AsSpan(0, length);
    }

    /// <summary>Target of a link of /proc, as text; empty when it cannot be read. Valid until the next read.</summary>
    public ReadOnlySpan<byte> ReadLink(byte[] path)
    {
        fixed (byte* p = path)
        fixed (byte* b = _buffer)
        {
            var n = (long)readlink(p, b, (size_t)(ulong)_buffer.Length);
            return n < 0 ? [] : _buffer.AsSpan(0, (int)n);
        }
    }
}
