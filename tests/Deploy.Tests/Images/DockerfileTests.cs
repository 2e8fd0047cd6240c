using System.Globalization;
using System.Text.Json;
using Runtime.Deploy.Tests.Kubernetes;
using Xunit;

namespace Runtime.Deploy.Tests.Images;

/// <summary>No engine builds the Dockerfiles here: what they add to the tested scripts must be next to nothing, and agree with the manifests.</summary>
public sealed class DockerfileTests
{
    [Theory]
    [InlineData("agent")]
    [InlineData("collector")]
    public void Dockerfile_OfEachImage_OnlyRunsTheScriptsThatTheTestsRun(string name)
    {
        var steps = Steps(name);

        Assert.Equal(["debian:12-slim AS build", "scratch"], Of("FROM"));
        var runs = Of("RUN");
        Assert.Equal(2, runs.Count);
        Assert.StartsWith("apt-get update && apt-get install -y --no-install-recommends ", runs[0], StringComparison.Ordinal);
        Assert.Equal($"deploy/images/build-{name}.sh /published && deploy/images/rootfs-{name}.sh /published /rootfs", runs[1]);
        Assert.Equal(["--from=dotnet . /usr/share/dotnet", ". .", "--from=build /rootfs /"], Of("COPY"));

        // What the scripts say they need is what the image's build installs.
        var installed = runs[0].Split(' ');
        foreach (var script in new[] { $"build-{name}.sh", $"rootfs-{name}.sh" })
        {
            var needs = File.ReadLines(Repository.Deploy("images", script)).Single(line => line.StartsWith("# Needs: ", StringComparison.Ordinal))["# Needs: ".Length..];
            Assert.All(needs.Replace(".NET 10 SDK", "", StringComparison.Ordinal).Split([' ', ','], StringSplitOptions.RemoveEmptyEntries), package => Assert.Contains(package, installed));
        }

        List<string> Of(string instruction) => [.. steps.Where(step => step.Instruction == instruction).Select(step => step.Arguments)];
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("collector")]
    public void Dockerfile_OfEachImage_AgreesWithItsManifest(string name)
    {
        var steps = Steps(name);
        var pod = Manifests.Pods(Manifests.ReadBase()).Single(candidate => candidate.Owner.Metadata.Name == $"runtime-{name}").Template.Spec;
        var container = pod.Containers.Single();

        Assert.Equal([$"/usr/bin/{name}"], JsonSerializer.Deserialize<string[]>(steps.Single(step => step.Instruction == "ENTRYPOINT").Arguments)!);
        Assert.Null(container.Command);
        var user = steps.SingleOrDefault(step => step.Instruction == "USER").Arguments ?? "0:0";
        var context = pod.SecurityContext;
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"{container.SecurityContext.RunAsUser ?? context.RunAsUser}:{container.SecurityContext.RunAsGroup ?? context?.RunAsGroup ?? 0}"), user);
        Assert.Equal(
            (container.Ports ?? []).Select(port => port.ContainerPort.ToString(CultureInfo.InvariantCulture)),
            steps.Where(step => step.Instruction == "EXPOSE").Select(step => step.Arguments));
    }

    // "RUN a \" and "&& b" on the next line are one step: "RUN a && b"
    private static List<(string Instruction, string Arguments)> Steps(string name)
    {
        List<(string, string)> steps = [];
        var step = "";
        foreach (var line in File.ReadLines(Repository.Deploy("images", $"{name}.Dockerfile")).Where(line => line.Length > 0 && line[0] != '#'))
        {
            step += line.TrimEnd('\\').Trim() + " ";
            if (!line.EndsWith('\\'))
            {
                var space = step.IndexOf(' ', StringComparison.Ordinal);
                steps.Add((step[..space], step[(space + 1)..].Trim()));
                step = "";
            }
        }

        return steps;
    }
}
