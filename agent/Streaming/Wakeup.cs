using System.Threading.Channels;

namespace Runtime.Agent.Streaming;

/// <summary>Wakes one waiter; several settings before a wait are one. Any thread.</summary>
internal sealed class Wakeup
{
    private readonly Channel<bool> _set = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Set() => _set.Writer.TryWrite(true);

    public Task WaitAsync(CancellationToken cancellationToken) => _set.Reader.ReadAsync(cancellationToken).AsTask();
}
