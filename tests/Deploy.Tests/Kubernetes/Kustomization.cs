using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Runtime.Deploy.Tests.Kubernetes;

/// <summary>The part of a kustomization.yaml that we use; an unknown field is an error.</summary>
internal sealed class Kustomization
{
    public required string ApiVersion { get; set; }
    public required string Kind { get; set; }
    public string Namespace { get; set; } = "";
    public List<string> Resources { get; set; } = [];
    public List<LabelSet> Labels { get; set; } = [];
    public List<Generator> ConfigMapGenerator { get; set; } = [];
    public List<Image> Images { get; set; } = [];
    public List<Patch> Patches { get; set; } = [];

    public static Kustomization Read(string folder) =>
        new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build()
            .Deserialize<Kustomization>(File.ReadAllText(Path.Combine(folder, "kustomization.yaml")));

    /// <summary>Every file and folder that it names, relative to its own folder.</summary>
    public IEnumerable<string> Named() => [.. Resources, .. ConfigMapGenerator.SelectMany(generator => generator.Files), .. Patches.Select(patch => patch.Path)];

    internal sealed class LabelSet
    {
        public Dictionary<string, string> Pairs { get; set; } = [];
    }

    internal sealed class Generator
    {
        public string Name { get; set; } = "";
        public string Behavior { get; set; } = "";
        public List<string> Files { get; set; } = [];
    }

    internal sealed class Image
    {
        public string Name { get; set; } = "";
        public string NewName { get; set; } = "";
        public string NewTag { get; set; } = "";
    }

    internal sealed class Patch
    {
        public string Path { get; set; } = "";
    }
}
