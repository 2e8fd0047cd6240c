using System.Buffers.Binary;
using Google.Protobuf;
using Grpc.Core;
using Runtime.Agent.Containers;

namespace Runtime.Fuzz;

/// <summary>A container runtime that answers every call with the input's next part: u16 length, then the answer's bytes.</summary>
internal sealed class CriAnswers(byte[] input) : CallInvoker
{
    private int _at;

    public static void Run(ReadOnlySpan<byte> input)
    {
        using var client = new CriClient("/none", TimeSpan.FromSeconds(1));
        // Answers are there at once: nothing waits.
        client.FindAsync(new CriAnswers(input.ToArray()), [new("c1", "uid-1", "/kubepods/poduid-1/c1"), new("p1", "", "/p1")], CancellationToken.None).GetAwaiter().GetResult();
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        new(Task.FromResult(Answer<TResponse>()), Task.FromResult(Metadata.Empty), () => Status.DefaultSuccess, () => [], () => { });

    private TResponse Answer<TResponse>()
    {
        var rest = input.AsSpan(_at);
        var answer = Activator.CreateInstance<TResponse>();
        if (rest.Length < sizeof(ushort))
            return answer;
        rest = rest[sizeof(ushort)..][..Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(rest), rest.Length - sizeof(ushort))];
        _at += sizeof(ushort) + rest.Length;
        try
        {
            ((IMessage)answer!).MergeFrom(rest);
        }
        catch (InvalidProtocolBufferException e)
        {
            // As the channel tells it.
            throw new RpcException(new Status(StatusCode.Internal, e.Message));
        }
        return answer;
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();
    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();
    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();
}
