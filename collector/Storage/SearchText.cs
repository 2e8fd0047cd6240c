using System.Text;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;
using Runtime.Collector.Nodes;

namespace Runtime.Collector.Storage;

/// <summary>The text in which people search: one line, control characters as spaces, at most 4096 characters.</summary>
internal static class SearchText
{
    private const int MaxLength = 4096;

    public static string Kind(Observation observation) => observation switch
    {
        ExecObservation => "exec",
        ExitObservation => "exit",
        FileObservation => "file",
        NetworkObservation => "network",
        LossObservation => "loss",
        PrivilegeObservation => "privilege",
        BinaryObservation => "binary",
        ManagedObservation => "managed",
        ResourceObservation => "resource",
        SightObservation => "sight",
        _ => throw new ArgumentOutOfRangeException(nameof(observation), observation.GetType().Name, "not a kind of the log"),
    };

    public static string Of(Observation observation)
    {
        var line = new StringBuilder(256);
        switch (observation)
        {
            case FileObservation file:
                Add(file.Operation.ToString(), file.Path, file.OtherPath);
                break;
            case NetworkObservation network:
                Add(network.Operation.ToString(), EndPoint(network.RemoteAddress, network.RemotePort), EndPoint(network.LocalAddress, network.LocalPort), network.Payload);
                break;
            case PrivilegeObservation privilege:
                Add(privilege.Operation.ToString(), privilege.Subject, privilege.Detail);
                break;
            case BinaryObservation binary:
                Add(binary.Path, binary.Sha256, binary.Traits.ToString(), binary.Package.Name, binary.Package.Version, binary.Package.Verdict.ToString());
                break;
            case ManagedObservation managed:
                Add(managed.Operation.ToString(), managed.Name, managed.Path);
                break;
            case SightObservation sight:
                Add(sight.IsBlind ? "blind" : "sees", sight.Kind, sight.Reason);
                break;
            case LossObservation loss:
                Add(loss.Kind, loss.Reason);
                break;
        }

        if (observation.Container is { } container)
        {
            Add(container.PodName, container.Name, container.Image, container.Id);
        }

        Add(observation.Node);
        if (observation.Lineage is [var process, ..])
        {
            Add(process.Binary, process.Script, process.Payload);
            Add([.. process.Arguments]);
            Add([.. process.LoaderVariables]);
        }

        return Line(line);

        void Add(params ReadOnlySpan<string> words)
        {
            foreach (var word in words)
            {
                if (word.Length > 0 && line.Length < MaxLength)
                {
                    line.Append(word).Append(' ');
                }
            }
        }
    }

    public static string Of(Deviation deviation) =>
        Line(new StringBuilder().AppendJoin(' ', deviation.Id, deviation.Title, deviation.Key).Append(' ').AppendJoin(' ', deviation.Lineage.SelectMany(process => process.Arguments.Prepend(process.Binary))));

    public static string Of(Incident incident) =>
        Line(new StringBuilder().AppendJoin(' ', [incident.Id, incident.Title, incident.Cause, incident.ProcessTree, .. incident.Pods, .. incident.Containers, .. incident.Nodes, .. incident.Images]));

    private static string EndPoint(global::System.Net.IPAddress? address, int port) => address is null ? "" : $"{address}:{port}";

    private static string Line(StringBuilder text)
    {
        if (text.Length > MaxLength)
        {
            text.Length = char.IsHighSurrogate(text[MaxLength - 1]) ? MaxLength - 1 : MaxLength;
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
            {
                text[i] = ' ';
            }
        }

        return text.ToString();
    }
}
