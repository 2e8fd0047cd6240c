using System.Security.Cryptography;
using System.Text;

namespace Runtime.Collector.Rules;

/// <summary>Rules that cannot be used.</summary>
/// <param name="faults">All of them, each "FILE:LINE: KEY = "VALUE": RULE"; at least one. Text of the file as it is: escape before it is shown.</param>
internal sealed class RulesException(IReadOnlyList<string> faults) : Exception(string.Join("; ", faults))
{
    public IReadOnlyList<string> Faults { get; } = faults;
}

/// <summary>Files of rules: the built-in one, and the one that the settings name.</summary>
internal static class RulesFile
{
    public const string BuiltInName = "built-in";

    /// <summary>A list of every pool in the world has some thousand lines.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <exception cref="RulesException">The file cannot be read, or has faults.</exception>
    public static RuleSet Load(RulesOptions options) => options.File.Length == 0 ? RuleSet.BuiltIn : Parse(options.File, Read(options.File));

    /// <exception cref="RulesException">As it says.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var content = new byte[MaxBytes + 1];
            var length = file.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
            return length <= MaxBytes ? content[..length] : throw new RulesException([$"{path}: has more than {MaxBytes} bytes, which no file of rules needs"]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RulesException([$"{path}: cannot be read: {e.Message}"]);
        }
    }

    /// <summary>What a file says on top of the built-in rules.</summary>
    /// <param name="name">As faults name it.</param>
    /// <exception cref="RulesException">With every fault of it.</exception>
    public static RuleSet Parse(string name, byte[] content) => Parse(name, content, RuleSet.BuiltIn);

    public static RuleSet ParseBuiltIn()
    {
        using var resource = typeof(RulesFile).Assembly.GetManifestResourceStream("Runtime.Collector.Rules.default.yaml")
            ?? throw new InvalidOperationException("the built-in rules are not in the program");
        var content = new byte[resource.Length];
        resource.ReadExactly(content);
        return Parse(BuiltInName, content, onTopOf: null);
    }

    /// <summary>Of the content: 12 hex digits.</summary>
    public static string FingerprintOf(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 6));

    private static RuleSet Parse(string name, byte[] content, RuleSet? onTopOf)
    {
        var faults = new RuleFaults(name);
        var rules = RuleNode.Read(Encoding.UTF8.GetString(content), faults) is { } root ? new RulesReader(faults, onTopOf).Read(root, name, FingerprintOf(content)) : null;
        return faults.All.Count == 0 && rules is not null ? rules : throw new RulesException(faults.All);
    }
}
