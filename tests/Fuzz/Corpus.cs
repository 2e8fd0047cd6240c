using System.Globalization;
using System.IO.Hashing;

namespace Runtime.Fuzz;

/// <summary>Inputs on disk: samples as <c>FOLDER/TARGET/NAME</c>, and what failed.</summary>
internal sealed class Corpus(string folder, string faults)
{
    /// <exception cref="DirectoryNotFoundException">The target has no samples.</exception>
    public IEnumerable<byte[]> Read(string target) =>
        Directory.EnumerateFiles(Path.Join(folder, target)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes);

    public void Keep(string target, ReadOnlySpan<byte> input) => File.WriteAllBytes(Path.Join(folder, target, NameOf(input)), input);

    /// <returns>Where it was written.</returns>
    public string WriteFault(string target, ReadOnlySpan<byte> input)
    {
        var path = Path.Join(Directory.CreateDirectory(faults).FullName, $"{target}-{NameOf(input)}");
        File.WriteAllBytes(path, input);
        return path;
    }

    /// <summary>What a target runs at this moment: the input's length, then its bytes.</summary>
    public string CurrentOf(string target) => Path.Join(Directory.CreateDirectory(faults).FullName, $"{target}.current");

    /// <summary>Takes the input at which a process ended.</summary>
    /// <returns>Where it was written; null when it ended before the first.</returns>
    public string? TakeCurrent(string target)
    {
        if (!File.Exists(CurrentOf(target)))
            return null;
        var bytes = File.ReadAllBytes(CurrentOf(target));
        File.Delete(CurrentOf(target));
        return WriteFault(target, bytes.AsSpan(sizeof(int), BitConverter.ToInt32(bytes)));
    }

    private static string NameOf(ReadOnlySpan<byte> input) => XxHash3.HashToUInt64(input).ToString("x16", CultureInfo.InvariantCulture);
}
