using Runtime.Agent.Binaries;

namespace Runtime.Agent.Reduction;

internal sealed partial class BehaviourKey
{
    private readonly byte[] _variable = new byte[PathTemplate.MaxLength];

    /// <summary>A program that was made to load something is another behaviour than the same one alone. Varying parts of paths are typed.</summary>
    private void AddLoading(Processes.ProcessRecord process)
    {
        Add(process.Payload);
        for (var rest = process.LoaderVariables.AsSpan(); !rest.IsEmpty;)
        {
            var end = rest.IndexOf((byte)0);
            var variable = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            Add(_variable.AsSpan(0, PathTemplate.Write(variable, ProcOwner.Other, _variable)));
        }
    }

    /// <summary>A program's file in a container; on the host the id is empty.</summary>
    public UInt128 OfRunning(string containerId, ReadOnlySpan<byte> path)
    {
        Begin(Family.Running, Processes.Phase.Unknown);
        foreach (var letter in containerId)
            Add(letter);
        Add(path);
        return End();
    }

    /// <summary>A path and what is in it; who runs it is told by its exec.</summary>
    public UInt128 OfBinary(BinaryReading reading)
    {
        Begin(Family.Binary, Processes.Phase.Unknown);
        Add((uint)reading.Content.Traits);
        Add(reading.Request.Path);
        Add(reading.Content.Sha256);
        return End();
    }
}
