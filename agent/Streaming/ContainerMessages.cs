using System.Runtime.CompilerServices;
using Runtime.Agent.Containers;
using Runtime.V1;

namespace Runtime.Agent.Streaming;

/// <summary>A container's record as a message, made once for each record: batches name the same few over and over.</summary>
internal static class ContainerMessages
{
    // As long as the record lives.
    private static readonly ConditionalWeakTable<ContainerRecord, Container> Made = [];

    /// <returns>Shared: not to be changed.</returns>
    public static Container Of(ContainerRecord record) => Made.GetValue(record, Make);

    private static Container Make(ContainerRecord record)
    {
        var message = new Container
        {
            Id = record.Id,
            Runtime = record.Runtime,
            Name = record.Name,
            PodName = record.PodName,
            PodNamespace = record.PodNamespace,
            PodUid = record.PodUid,
            Image = record.Image,
            ImageDigest = record.ImageDigest,
            ImageCreatedUnixS = record.ImageCreatedUnixS,
            StartedUnixNs = (ulong)record.StartedUnixNs,
            CgroupPath = record.CgroupPath,
            PodIp = record.PodIp,
            Complete = record.Complete,
        };
        foreach (var (name, value) in record.PodLabels)
            message.PodLabels[name] = value;
        return message;
    }
}
