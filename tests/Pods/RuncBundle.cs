using System.Formats.Tar;
using System.Text.Json.Nodes;

namespace Runtime.Pods;

/// <summary>A bundle as runc takes it, made from an image.</summary>
public static class RuncBundle
{
    /// <param name="cgroupsPath">Absolute; null leaves it to runc, which takes its caller's and the container's name.</param>
    public static async Task WriteAsync(string folder, OciImage image, string? cgroupsPath, params IEnumerable<string> command)
    {
        var root = Directory.CreateDirectory(Path.Combine(folder, "rootfs")).FullName;
        var archive = Path.Combine(folder, "rootfs.tar");
        image.WriteRootFileSystem(archive);
        await TarFile.ExtractToDirectoryAsync(archive, root, overwriteFiles: true);
        File.Delete(archive);
        await Command.RunAsync("runc", "spec", "--bundle", folder);
        var path = Path.Combine(folder, "config.json");
        var config = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray([.. command.Select(word => JsonValue.Create(word))]);
        config["root"]!["readonly"] = false;
        // Without CAP_SYS_RESOURCE, as in a virtual machine, limits cannot be raised.
        config["process"]!.AsObject().Remove("rlimits");
        if (cgroupsPath is not null)
        {
            config["linux"]!["cgroupsPath"] = cgroupsPath;
        }

        await File.WriteAllTextAsync(path, config.ToJsonString());
    }
}
