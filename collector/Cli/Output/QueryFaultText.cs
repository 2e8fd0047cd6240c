using Grpc.Core;
using Runtime.Collector.Configuration;
using Runtime.V1;

namespace Runtime.Cli.Output;

/// <summary>A refused query with its places marked.</summary>
internal static class QueryFaultText
{
    private const string Details = "grpc-status-details-bin";

    /// <returns>Null: the fault says nothing of places.</returns>
    public static SearchFaults? Read(RpcException fault)
    {
        if (fault.Trailers.GetValueBytes(Details) is not { } bytes)
        {
            return null;
        }

        try
        {
            return Google.Rpc.Status.Parser.ParseFrom(bytes).Details.FirstOrDefault(detail => detail.Is(SearchFaults.Descriptor))?.Unpack<SearchFaults>();
        }
        catch (Google.Protobuf.InvalidProtocolBufferException)
        {
            return null;
        }
    }

    public static IEnumerable<string> Lines(SearchFaults refused)
    {
        yield return "the query cannot be asked:";
        yield return "  " + PrintableText.Escape(refused.Query);
        foreach (var fault in refused.Faults)
        {
            // Escapes are longer than what they stand for, and some letters fill two columns.
            var column = Math.Clamp(fault.Column, 0, refused.Query.Length);
            var end = Math.Clamp(column + fault.Length, column, refused.Query.Length);
            var before = TextTable.WidthOf(PrintableText.Escape(refused.Query[..column]));
            var width = Math.Max(1, TextTable.WidthOf(PrintableText.Escape(refused.Query[column..end])));
            yield return $"  {new string(' ', before)}{new string('^', width)} {PrintableText.Escape(fault.Message)}";
        }
    }
}
