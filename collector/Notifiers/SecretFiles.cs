using System.Text;

namespace Runtime.Collector.Notifiers;

/// <summary>
/// Small files that hold an address or a key. Read anew at every use, so that a rotated secret works without a restart
/// (Kubernetes swaps a symbolic link, editors swap the file: no watcher sees all of it, reading does).
/// </summary>
internal static class SecretFiles
{
    private const int LongestBytes = 64 * 1024;

    /// <param name="content">Without the white space at its end; empty content is a failure.</param>
    /// <param name="words">Why not; names no content.</param>
    public static bool TryRead(string path, out string content, out string words)
    {
        content = "";
        words = "";
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var buffer = new byte[LongestBytes + 1];
            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (length > LongestBytes)
            {
                words = $"is longer than {LongestBytes / 1024} KiB";
                return false;
            }

            content = Encoding.UTF8.GetString(buffer, 0, length).TrimEnd();
            words = content.Length == 0 ? "is empty" : "";
            return content.Length > 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            words = e is FileNotFoundException or DirectoryNotFoundException ? "does not exist" : $"cannot be read: {e.Message}";
            return false;
        }
    }
}
