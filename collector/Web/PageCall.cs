using Grpc.Core;
using Runtime.Collector.Security;

namespace Runtime.Collector.Web;

/// <summary>One question of the page to the same services that answer the command line: without a connection, as the session's person (or the page itself).</summary>
internal sealed class PageCall : ServerCallContext
{
    // Where the gRPC framework's GetHttpContext looks for contexts that are not its own.
    private const string HttpContextKey = "__HttpContext";

    private readonly string _method;
    private readonly CancellationToken _stop;
    private readonly Dictionary<object, object> _state;

    public PageCall(Caller caller, string method, CancellationToken stop)
    {
        (_method, _stop) = (method, stop);
        _state = new() { [HttpContextKey] = new DefaultHttpContext { User = caller.ToPrincipal() } };
    }

    protected override string MethodCore => _method;
    protected override string HostCore => "localhost";
    protected override string PeerCore => "page";
    protected override DateTime DeadlineCore => DateTime.MaxValue;
    protected override Metadata RequestHeadersCore { get; } = [];
    protected override CancellationToken CancellationTokenCore => _stop;
    protected override Metadata ResponseTrailersCore { get; } = [];
    protected override Status StatusCore { get; set; }
    protected override WriteOptions? WriteOptionsCore { get; set; }
    protected override AuthContext AuthContextCore { get; } = new("", []);
    protected override IDictionary<object, object> UserStateCore => _state;
    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();
    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
}
