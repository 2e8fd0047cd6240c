using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Runtime.Agent.Containers;
using Runtime.Cri.V1;
using Runtime.Fuzz;
using Xunit;

namespace Runtime.Agent.Tests.Containers;

/// <summary>The clients against sockets that misbehave, and what they make of answers. Real runtimes: the integration tests.</summary>
public sealed class RuntimeClientTests : IDisposable
{
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(10);
    private static readonly WantedContainer[] Wanted = [new(Id, "", "/docker/" + Id)];
    private readonly string _folder = Directory.CreateTempSubdirectory("rt-").FullName;

    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private string SocketPath => Path.Join(_folder, "s.sock");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Socket_HangsOrAnswersGarbage_IsAFaultWithinTheTimeout(bool cri, bool garbage)
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(SocketPath));
        server.Listen(8);
        using var stop = new CancellationTokenSource();
        var serving = ServeAsync(server, garbage, stop.Token);
        using IRuntimeClient client = cri ? new CriClient(SocketPath, CallTimeout) : new DockerClient(SocketPath, CallTimeout);
        Assert.True(client.IsPresent);
        var fault = await Assert.ThrowsAsync<RuntimeCallException>(() => client.FindAsync(Wanted, TestContext.Current.CancellationToken).WaitAsync(TimeLimit, TestContext.Current.CancellationToken));
        Assert.NotEmpty(fault.Message);
        await stop.CancelAsync();
        await serving;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Socket_NobodyListens_IsAFault(bool cri)
    {
        using (var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
            server.Bind(new UnixDomainSocketEndPoint(SocketPath));
        using IRuntimeClient client = cri ? new CriClient(SocketPath, CallTimeout) : new DockerClient(SocketPath, CallTimeout);
        await Assert.ThrowsAsync<RuntimeCallException>(() => client.FindAsync(Wanted, TestContext.Current.CancellationToken).WaitAsync(TimeLimit, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Socket_Absent_IsNotPresent()
    {
        using var cri = new CriClient(SocketPath, CallTimeout);
        using var docker = new DockerClient(SocketPath, CallTimeout);
        Assert.False(cri.IsPresent);
        Assert.False(docker.IsPresent);
    }

    [Fact]
    public async Task Docker_OverItsSocket_TellsNameImageAndDigest()
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        server.Bind(new UnixDomainSocketEndPoint(SocketPath));
        server.Listen(8);
        using var stop = new CancellationTokenSource();
        var container = """{"Id":"%","Name":"/w1","Image":"sha256:cfg","State":{"StartedAt":"2026-01-02T03:04:05.5Z"},"Config":{"Image":"busybox:1","Labels":{"a":"b"}},"NetworkSettings":{"IPAddress":"","Networks":{"bridge":{"IPAddress":"172.17.0.2"}}},"GraphDriver":{"Name":"overlay2","Data":{"LowerDir":"/l","MergedDir":"/var/lib/docker/overlay2/9f/merged"}}}""".Replace("%", Id, StringComparison.Ordinal);
        var serving = ServeHttpAsync(server, path => path.StartsWith("/containers/", StringComparison.Ordinal) ? container : """{"RepoDigests":["busybox@sha256:man"],"Created":"2025-06-07T08:09:10.123456789+02:00"}""", stop.Token);
        using var client = new DockerClient(SocketPath, TimeSpan.FromSeconds(5));
        var details = Assert.Single(await client.FindAsync(Wanted, TestContext.Current.CancellationToken).WaitAsync(TimeLimit, TestContext.Current.CancellationToken));
        Assert.Equal(("w1", "busybox:1", "sha256:man", "172.17.0.2", "docker"), (details.Name, details.Image, details.ImageDigest, details.PodIp, details.Runtime));
        Assert.Equal(1_767_323_045_500_000_000, details.StartedUnixNs);
        Assert.Equal(new DateTimeOffset(2025, 6, 7, 6, 9, 10, TimeSpan.Zero).ToUnixTimeSeconds(), details.ImageCreatedUnixS);
        Assert.Equal("b", details.PodLabels!["a"]);
        Assert.Equal("/var/lib/docker/overlay2/9f/merged", details.RootFolder);
        Assert.True(details.Complete);
        await stop.CancelAsync();
        await serving;
    }

    [Fact]
    public void Docker_PodsContainer_TakesNamesFromLabels()
    {
        var answer = JsonSerializer.Deserialize("""{"Id":"x","Name":"/k8s_web_shop","State":{"StartedAt":"0001-01-01T00:00:00Z"},"Config":{"Labels":{"io.kubernetes.container.name":"web","io.kubernetes.pod.name":"shop","io.kubernetes.pod.namespace":"prod","io.kubernetes.pod.uid":"u"}}}""", DockerJson.Default.DockerContainer)!;
        var details = DockerClient.DetailsOf(answer, null, "docker", Now);
        Assert.Equal(("web", "shop", "prod", "u", false), (details.Name, details.PodName, details.PodNamespace, details.PodUid, details.Complete));
    }

    [Fact]
    public void Docker_NullInPlaceOfText_IsEmpty()
    {
        var answer = JsonSerializer.Deserialize("""{"Id":"x","Name":null,"Image":null,"State":null,"Config":{"Image":null,"Labels":{"io.kubernetes.container.name":null,"io.kubernetes.pod.name":null}},"NetworkSettings":{"IPAddress":null,"Networks":{"bridge":null,"b2":{"IPAddress":null}}}}""", DockerJson.Default.DockerContainer)!;
        var details = DockerClient.DetailsOf(answer, null, "docker", Now);
        Assert.Equal(("", "", "", "", ""), (details.Name, details.PodName, details.Image, details.ImageDigest, details.PodIp));
        Assert.Equal("", details.PodLabels!["io.kubernetes.pod.name"]);
    }

    [Fact]
    public async Task Cri_IdListedTwice_IsTheFirst()
    {
        // Each answer behind its length: Version; ListContainers, c1 of pod p1 and c1 of pod p2; ListPodSandbox, p1 "a" and p1 "b".
        var answers = new CriAnswers(Convert.FromHexString("0000" + "1400" + "0a080a02633112027031" + "0a080a02633112027032" + "1600" + "0a090a0270311203" + "0a0161" + "0a090a0270311203" + "0a0162"));
        using var client = new CriClient(SocketPath, CallTimeout);
        var details = Assert.Single(await client.FindAsync(answers, [new("c1", "", "/c1")], TestContext.Current.CancellationToken));
        Assert.Equal(("c1", "a"), (details.Id, details.PodName));
    }

    [Theory]
    [InlineData("docker.io/library/nginx@sha256:m", "nginx:1", "sha256:m")]
    [InlineData("sha256:cfg", "docker.io/library/nginx:1.25", "sha256:right")]
    [InlineData("sha256:cfg", "other:1", "sha256:mirror")]
    [InlineData("sha256:unknown", "x", "sha256:unknown")]
    [InlineData("docker.io/library/nginx:1.25", "docker.io/library/nginx:1.25", "sha256:right")]
    [InlineData("", "x", null)]
    public void Cri_ImageReference_GivesTheManifestsDigestWhereKnown(string reference, string image, string? digest)
    {
        var images = new ListImagesResponse();
        images.Images.Add(new Image { Id = "sha256:cfg", RepoTags = { "docker.io/library/nginx:1.25" }, RepoDigests = { "mirror/nginx@sha256:mirror", "docker.io/library/nginx@sha256:right" } });
        Assert.Equal(digest, CriClient.DigestOf(reference, images, image));
    }

    private const string Engines = "812d151d98f7860044ddca85d736315f0602c0b4cab4a6b1858397e45c3cf72e";

    [Fact]
    public async Task Bundles_OnDisk_TellEachRuntimesContainers()
    {
        void Write(string path, string text)
        {
            var full = Path.Join(_folder, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllText(full, text);
        }
        Write("run/containerd/io.containerd.runtime.v2.task/k8s.io/kube1/config.json", """{"ociVersion":"1","annotations":{"io.kubernetes.cri.container-name":"web","io.kubernetes.cri.container-type":"container","io.kubernetes.cri.sandbox-name":"shop","io.kubernetes.cri.sandbox-namespace":"prod","io.kubernetes.cri.sandbox-uid":"u","io.kubernetes.cri.image-name":"shop:1"}}""");
        Write("run/containerd/io.containerd.runtime.v2.task/k8s.io/pause1/config.json", """{"annotations":{"io.kubernetes.cri.container-type":"sandbox","io.kubernetes.cri.sandbox-name":"shop"}}""");
        Write("run/containerd/io.containerd.runtime.v2.task/default/cr1/config.json", """{}""");
        Write("run/runc/rt1/state.json", """{"id":"rt1","created":"2026-01-02T03:04:05.5Z","config":{}}""");
        // Podman's own engine knows it by name, runc only by its id.
        Write($"run/runc/{Engines}/state.json", """{"id":"…","created":"2026-01-02T03:04:05.5Z"}""");
        Write("var/lib/containers/storage/overlay-containers/pod1/userdata/config.json", """{"annotations":{"io.container.manager":"libpod"},"root":{"path":"/var/lib/containers/storage/overlay/9f/merged"}}""");
        Write("var/lib/containers/storage/overlay-containers/containers.json", """[{"id":"pod1","names":["w1"],"image":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","metadata":"{\"image-name\":\"localhost/busybox:1\"}"}]""");
        using var client = new BundleFiles(_folder);
        var found = await client.FindAsync(
            [new("kube1", "", "/kubepods/podu/kube1"), new("pause1", "", "/kubepods/podu/pause1"), new("cr1", "", "/default/cr1"), new("sub", "", "/rt1/sub"), new("pod1", "", "/libpod_parent/libpod-pod1"), new(Engines, "", "/libpod_parent/libpod-" + Engines), new("nothing", "", "/nothing"), new("..", "", "/..")],
            TestContext.Current.CancellationToken);
        Assert.Equal(
            ["kube1 containerd web shop prod u shop:1 sandbox=False False", "pause1 containerd  shop    sandbox=True False", "cr1 containerd cr1     sandbox=False True", "rt1 runc rt1     sandbox=False True", "pod1 podman w1    localhost/busybox:1 sandbox=False True"],
            found.Select(d => $"{d.Id} {d.Runtime} {d.Name} {d.PodName} {d.PodNamespace} {d.PodUid} {d.Image} sandbox={d.IsSandbox} {d.Complete}"));
        Assert.Equal(1_767_323_045_500_000_000, found[3].StartedUnixNs);
        Assert.Equal(["", "", "", "", "/var/lib/containers/storage/overlay/9f/merged"], found.Select(d => d.RootFolder));
    }

    [Fact]
    public async Task Bundles_Garbage_IsAFault()
    {
        Directory.CreateDirectory(Path.Join(_folder, "run/runc/rt1"));
        File.WriteAllText(Path.Join(_folder, "run/runc/rt1/state.json"), "{{{{");
        using var client = new BundleFiles(_folder);
        await Assert.ThrowsAsync<RuntimeCallException>(() => client.FindAsync([new("rt1", "", "/rt1")], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Bundles_NullInAList_IsPassedOver()
    {
        const string storage = "var/lib/containers/storage/overlay-containers";
        Directory.CreateDirectory(Path.Join(_folder, storage, "p1/userdata"));
        File.WriteAllText(Path.Join(_folder, storage, "p1/userdata/config.json"), "{}");
        File.WriteAllText(Path.Join(_folder, storage, "containers.json"), """[null,{"id":"p1","names":[null],"image":null,"metadata":"null"}]""");
        using var client = new BundleFiles(_folder);
        var details = Assert.Single(await client.FindAsync([new("p1", "", "/p1")], TestContext.Current.CancellationToken));
        Assert.Equal(("podman", "", ""), (details.Runtime, details.Name, details.Image));
    }

    private static async Task ServeAsync(Socket server, bool garbage, CancellationToken cancellationToken)
    {
        var open = new List<Socket>();
        try
        {
            while (true)
            {
                var connection = await server.AcceptAsync(cancellationToken);
                open.Add(connection);
                if (garbage)
                    await connection.SendAsync(Encoding.ASCII.GetBytes("\0\xff garbage, not a protocol \r\n\r\n" + new string('x', 10_000)), cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            open.ForEach(s => s.Dispose());
        }
    }

    private static async Task ServeHttpAsync(Socket server, Func<string, string> answer, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                using var connection = await server.AcceptAsync(cancellationToken);
                var buffer = new byte[8192];
                int n;
                while ((n = await connection.ReceiveAsync(buffer, cancellationToken)) > 0)
                {
                    var path = Encoding.ASCII.GetString(buffer, 0, n).Split(' ')[1];
                    var body = answer(path);
                    await connection.SendAsync(Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\nConnection: keep-alive\r\n\r\n{body}"), cancellationToken);
                    if (path.StartsWith("/images/", StringComparison.Ordinal))
                        break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the test.
        }
    }
}
