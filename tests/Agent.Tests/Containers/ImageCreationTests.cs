using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Runtime.Agent.Containers;
using Runtime.Cri.V1;
using Xunit;

namespace Runtime.Agent.Tests.Containers;

public sealed class ImageCreationTests
{
    private const long Second = 1_767_323_045;
    private static readonly DateTimeOffset Now = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>An image's author writes what he likes; what cannot be is unknown, and nothing throws.</summary>
    public static TheoryData<string, long> Times => new()
    {
        { "\"2026-01-02T03:04:05Z\"", Second },
        { "\"2026-01-02T03:04:05.123456789Z\"", Second },
        { "\"2026-01-02T05:04:05+02:00\"", Second },
        { "\"2026-02-01T12:00:00Z\"", 1_769_947_200 },
        { "\"2013-01-01T00:00:00Z\"", 1_356_998_400 },
        { "\"2012-12-31T23:59:59Z\"", 0 },
        { "\"2026-02-02T00:00:01Z\"", 0 },
        { "\"9999-12-31T23:59:59Z\"", 0 },
        { "\"0001-01-01T00:00:00Z\"", 0 },
        { "\"0001-01-01T00:00:00+14:00\"", 0 },
        { "\"1970-01-01T00:00:00Z\"", 0 },
        { "\"1970-01-01T00:00:01Z\"", 0 },
        { "\"1980-01-01T00:00:01Z\"", 0 },
        { "\"\"", 0 },
        { "\"yesterday\"", 0 },
        { "\"2026-13-02T03:04:05Z\"", 0 },
        { "\"\\ud800\"", 0 },
        { "\"\\ud80026-01-02T03:04:05Z\"", 0 },
        { "\"2026-01-02T03:04:05Z" + new string(' ', 100_000) + "\"", 0 },
        { "null", 0 },
        { "1767323045", 0 },
        { "{\"created\":\"2026-01-02T03:04:05Z\"}", 0 },
        { "[\"2026-01-02T03:04:05Z\"]", 0 },
    };

    [Theory]
    [MemberData(nameof(Times))]
    public void Created_OfAnyValue_IsATimeThatCanBeOrNone(string value, long expected)
    {
        Assert.Equal(expected, ImageCreation.OfVerboseInfo("{\"imageSpec\":{\"created\":" + value + "}}", Now));
        var image = JsonSerializer.Deserialize("{\"Created\":" + value + "}", DockerJson.Default.DockerImage)!;
        Assert.Equal(expected, DockerClient.DetailsOf(new(null, null, null, null, null, null), image, "docker", Now).ImageCreatedUnixS);
    }

    [Theory]
    [InlineData("""{"chainID":"sha256:c","imageSpec":{"author":{"created":"2020-01-01T00:00:00Z"},"history":[{"created":"2020-01-01T00:00:00Z"}],"created":"2026-01-02T03:04:05Z","os":"linux"}}""", Second)]
    [InlineData("""{"labels":{},"imageSpec":{"created":"2026-01-02T03:04:05Z","config":{}}}""", Second)]
    [InlineData("""{"created":"2026-01-02T03:04:05Z","other":{"imageSpec":{"created":"2026-01-02T03:04:05Z"}}}""", 0)]
    [InlineData("""{"\ud800":1,"imageSpec":{"\ud8000":1,"created":"2026-01-02T03:04:05Z"}}""", Second)]
    [InlineData("""{"imageSpec":null}""", 0)]
    [InlineData("""{"imageSpec":{}}""", 0)]
    [InlineData("""{"imageSpec":{"created":""", 0)]
    [InlineData("""{"imageSpec""", 0)]
    [InlineData("""[]""", 0)]
    [InlineData("", 0)]
    [InlineData("\0\ud800", 0)]
    public void VerboseInfo_OfAnyText_GivesOnlyTheImagesOwnTime(string info, long expected) => Assert.Equal(expected, ImageCreation.OfVerboseInfo(info, Now));

    [Fact]
    public void VerboseInfo_NestedOrLongWithoutEnd_TellsNone()
    {
        Assert.Equal(0, ImageCreation.OfVerboseInfo("{\"a\":" + new string('[', 100_000), Now));
        Assert.Equal(0, ImageCreation.OfVerboseInfo("{\"a\":\"" + new string('a', 5_000_000) + "\",\"imageSpec\":{\"created\":\"2026-01-02T03:04:05Z\"}}", Now));
    }

    [Fact]
    public async Task Cri_ContainersOfOneImage_AskForItOnce()
    {
        var runtime = new FakeCri();
        using var client = new CriClient("/none", TimeSpan.FromSeconds(1));
        var first = await client.FindAsync(runtime, [new("c1", "", "/c1"), new("c2", "", "/c2")], TestContext.Current.CancellationToken);
        var second = await client.FindAsync(runtime, [new("c3", "", "/c3")], TestContext.Current.CancellationToken);
        Assert.Equal([1_735_787_045L, 1_735_787_045, 1_735_787_045], first.Concat(second).Select(details => details.ImageCreatedUnixS));
        var asked = Assert.Single(runtime.Asked);
        Assert.Equal(("registry/app@sha256:man", true), (asked.Image.Image, asked.Verbose));
    }

    [Fact]
    public async Task Cri_ImageStatusFails_CostsNoRecordAndIsAskedAgainLater()
    {
        var runtime = new FakeCri { ImageFault = StatusCode.Unimplemented };
        using var client = new CriClient("/none", TimeSpan.FromSeconds(1));
        var found = await client.FindAsync(runtime, [new("c1", "", "/c1"), new("c2", "", "/c2")], TestContext.Current.CancellationToken);
        Assert.Equal([("c1", "sha256:man", 0L), ("c2", "sha256:man", 0L)], found.Select(details => (details.Id, details.ImageDigest, details.ImageCreatedUnixS)));
        // One that hangs must not cost each container a deadline.
        Assert.Single(runtime.Asked);
        runtime.ImageFault = null;
        Assert.Equal(1_735_787_045, Assert.Single(await client.FindAsync(runtime, [new("c2", "", "/c2")], TestContext.Current.CancellationToken)).ImageCreatedUnixS);
    }

    /// <summary>Three containers of one image, as containerd tells of them.</summary>
    private sealed class FakeCri : CallInvoker
    {
        public StatusCode? ImageFault { get; set; }
        public List<ImageStatusRequest> Asked { get; } = [];

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
        {
            IMessage answer = request switch
            {
                VersionRequest => new VersionResponse { RuntimeName = "containerd" },
                StatusById status => new ContainerStatusResponse { Status = new() { Id = status.Id, State = 1, ImageRef = "registry/app@sha256:man", Image = new() { Image = "registry/app:1" } } },
                ImageStatusRequest image => Image(image),
                _ when method.Name == "ListContainers" => new ListContainersResponse { Containers = { new Container { Id = "c1" }, new Container { Id = "c2" }, new Container { Id = "c3" } } },
                _ => new ListPodSandboxResponse(),
            };
            return answer is ImageStatusResponse && ImageFault is { } fault
                ? new(Task.FromException<TResponse>(new RpcException(new Status(fault, "no such call"))), Task.FromResult(Metadata.Empty), () => new Status(fault, ""), () => [], () => { })
                : new(Task.FromResult((TResponse)answer), Task.FromResult(Metadata.Empty), () => Status.DefaultSuccess, () => [], () => { });
        }

        private ImageStatusResponse Image(ImageStatusRequest request)
        {
            Asked.Add(request);
            return new() { Image = new() { Id = "sha256:cfg" }, Info = { ["info"] = """{"imageSpec":{"created":"2025-01-02T03:04:05Z"}}""" } };
        }

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();
        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();
        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
    }
}
