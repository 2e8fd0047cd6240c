using System.Net.Security;
using Runtime.Collector.Notifiers;
using Runtime.Collector.Tests.Security;
using Xunit;

namespace Runtime.Collector.Tests.Notifiers;

/// <summary>A receiver over HTTPS whose certificate no public authority vouches for.</summary>
public sealed class ReceiverTrustTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("runtime-trust-").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string CaFile => Path.Combine(_folder, "ca");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Receiver_IsTrustedByCaFile_ReadForEachConnection()
    {
        using var authority = new TestAuthority("ours");
        using var other = new TestAuthority("another");
        using var certificate = authority.Server();
        await using var receiver = await Receiver.StartAsync(certificate);
        TestAuthority.Write(CaFile, other.Certificate);
        var notifier = Notifier(receiver, CaFile);
        Assert.Contains("127.0.0.1: ", Assert.IsType<DeliveryResult.Retry>(await notifier.SendAsync(Samples.Delivery(), Stop)).Words, StringComparison.Ordinal);

        TestAuthority.Write(CaFile, authority.Certificate);
        Assert.IsType<DeliveryResult.Delivered>(await notifier.SendAsync(Samples.Delivery(), Stop));
        File.Delete(CaFile);
        Assert.Equal(new DeliveryResult.Retry(null, "CaFile does not exist"), await notifier.SendAsync(Samples.Delivery(), Stop));
        Assert.IsType<DeliveryResult.Retry>(await Notifier(receiver, "").SendAsync(Samples.Delivery(), Stop));
        Assert.Equal(1, receiver.Count);
    }

    /// <summary>A private authority signs clients too; none of them may stand where the receiver should.</summary>
    [Fact]
    public void Receiver_WithAClientsCertificate_IsNotTrusted()
    {
        using var authority = new TestAuthority("ours");
        using var certificate = authority.Client("CN=agent");
        TestAuthority.Write(CaFile, authority.Certificate);
        Assert.True(ReceiverTrust.TryPolicy(CaFile, out var policy, out _));
        Assert.False(ReceiverTrust.Accepts(policy!, certificate, null, SslPolicyErrors.RemoteCertificateChainErrors));
        using var server = authority.Server();
        Assert.True(ReceiverTrust.TryPolicy(CaFile, out policy, out _));
        Assert.True(ReceiverTrust.Accepts(policy!, server, null, SslPolicyErrors.RemoteCertificateChainErrors));
        Assert.True(ReceiverTrust.TryPolicy(CaFile, out policy, out _));
        Assert.False(ReceiverTrust.Accepts(policy!, server, null, SslPolicyErrors.RemoteCertificateNameMismatch));
    }

    private static INotifier Notifier(Receiver receiver, string caFile) => NotifierSetup.Create(
        [new NotifierOptions { Name = "chat", Kind = NotifierKind.Slack, Url = receiver.Url, CaFile = caFile }],
        new WebhookPost(WebhookPost.CreateClient(), TimeProvider.System), new MemoryThreads(), TimeProvider.System).All[0];
}
