using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Runtime.Collector.Query.Search;

namespace Runtime.Collector.Query;

/// <summary>The border of the query calls: faults become gRPC states, and what nobody foresaw is logged here and told without its insides.</summary>
internal sealed partial class QueryFaults(IHostApplicationLifetime lifetime, ILogger<QueryFaults> logger) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            return await continuation(request, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Told(e, context);
        }
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            await continuation(request, responseStream, context);
        }
        catch (Exception e) when (e is not RpcException)
        {
            throw Told(e, context);
        }
    }

    private RpcException Told(Exception e, ServerCallContext context)
    {
        switch (e)
        {
            case QueryFault fault:
                return new RpcException(new Status(Code(fault.Kind), fault.Message));
            case SearchFaultException refused:
                // "-bin": gRPC carries it as base64; the JSON side makes "details" of it.
                return new RpcException(
                    new Status(StatusCode.InvalidArgument, $"query: {refused.Message}"), new Metadata { { "grpc-status-details-bin", SearchWire.Refused(refused).ToByteArray() } });
            case OperationCanceledException or IOException or InvalidOperationException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Cancelled, "the caller ended the call"));
            case OperationCanceledException when lifetime.ApplicationStopping.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Unavailable, "the collector stops; ask again"));
            default:
                Log.Unforeseen(logger, context.Method, e);
                return new RpcException(new Status(StatusCode.Internal, "a fault of the collector; its log says more"));
        }
    }

    private static StatusCode Code(QueryFaultKind kind) => kind switch
    {
        QueryFaultKind.NotFound => StatusCode.NotFound,
        QueryFaultKind.NotNow => StatusCode.FailedPrecondition,
        QueryFaultKind.TooMuch => StatusCode.ResourceExhausted,
        _ => StatusCode.InvalidArgument,
    };

    private static partial class Log
    {
        [LoggerMessage(8100, LogLevel.Error, "{Method} failed; the caller was told only that it did")]
        public static partial void Unforeseen(ILogger logger, string method, Exception e);
    }
}
