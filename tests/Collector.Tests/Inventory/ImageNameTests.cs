using Runtime.Collector.Inventory;
using Xunit;

namespace Runtime.Collector.Tests.Inventory;

public sealed class ImageNameTests
{
    [Theory]
    [InlineData("nginx", "docker.io", "library/nginx", "latest")]
    [InlineData("nginx:1.25", "docker.io", "library/nginx", "1.25")]
    [InlineData("team/app", "docker.io", "team/app", "latest")]
    [InlineData("docker.io/library/nginx:1.25", "docker.io", "library/nginx", "1.25")]
    [InlineData("index.docker.io/nginx", "docker.io", "library/nginx", "latest")]
    [InlineData("GHCR.io/Team/app:v1", "ghcr.io", "Team/app", "v1")]
    [InlineData("localhost/app", "localhost", "app", "latest")]
    [InlineData("localhost:5000/app", "localhost:5000", "app", "latest")]
    [InlineData("registry:5000/a/b:2@sha256:abc", "registry:5000", "a/b", "2")]
    [InlineData("quay.io/x/y@sha256:abc", "quay.io", "x/y", "")]
    [InlineData("sha256:abcd", "docker.io", "library/sha256", "abcd")]
    [InlineData("", "docker.io", "library/", "latest")]
    public void Parse_OfEachForm_TakesItApart(string reference, string registry, string repository, string tag) =>
        Assert.Equal(new ImageName(registry, repository, tag), ImageName.Parse(reference));
}
