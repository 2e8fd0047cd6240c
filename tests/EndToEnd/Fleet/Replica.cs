using System.Security.Cryptography;
using System.Text;

namespace Runtime.EndToEnd.Tests.Fleet;

/// <summary>One container of a deployment.</summary>
internal sealed record Replica(string Namespace, string Owner, int Number, string Image, string Version, DateTimeOffset Started)
{
    public const string TemplateHash = "5d9c7b6f4d";

    public string Pod { get; } = $"{Owner}-{TemplateHash}-{Letters($"{Namespace}/{Owner}/{Number}", 5)}";
    public string ContainerId { get; } = Hex($"{Namespace}/{Owner}/{Number}/{Version}");
    public string Digest { get; } = "sha256:" + Hex(Image + Version);

    /// <summary>Of the first process; a process of another replica has another.</summary>
    public uint FirstPid { get; } = 1000 + (uint)(BitConverter.ToUInt16(SHA256.HashData(Encoding.UTF8.GetBytes(Owner + Number))) * 16);

    // Kubernetes names pods with letters and digits that spell nothing.
    private static string Letters(string of, int length) =>
        string.Concat(SHA256.HashData(Encoding.UTF8.GetBytes(of)).Take(length).Select(value => "bcdfghjklmnpqrstvwxz2456789"[value % 27]));

    private static string Hex(string of) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(of)));
}
