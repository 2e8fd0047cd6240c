using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Runtime.Collector.Hosting;

/// <summary>
/// A stream of an agent lives as long as the agent: at a stop it would hold the program until it is killed. What was read
/// is committed and acknowledged; the next read tells the agent to come again.
/// </summary>
internal sealed class StreamsEndAtStop(IHostApplicationLifetime lifetime) : Interceptor
{
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        continuation(new Reader<TRequest>(requestStream, lifetime.ApplicationStopping), responseStream, context);

    private sealed class Reader<T>(IAsyncStreamReader<T> inner, CancellationToken stopping) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
            try
            {
                return await inner.MoveNext(either.Token);
            }
            catch (Exception e) when (stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested && e is OperationCanceledException or RpcException)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "the collector stops; come again"));
            }
        }
    }
}
