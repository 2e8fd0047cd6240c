using System.Diagnostics;
using Runtime.Agent.Binaries;
using Runtime.Agent.Capture;
using Runtime.Agent.Containers;
using Runtime.Agent.Processes;

namespace Runtime.Agent.Reduction;

internal sealed partial class Reducer
{
    /// <summary>Readings taken at one idle moment: the capture thread must not stay away from the ring.</summary>
    private const int MaxReadings = 256;

    /// <summary>For what was asked for when the agent was told to end: an attack's last program may be among it. A stop takes this long only with slow storage.</summary>
    private static readonly TimeSpan LastReadings = TimeSpan.FromSeconds(3);

    /// <summary>Reads what is executed; null where nothing is to be read.</summary>
    public BinaryInspector? Binaries { get; init; }

    private void AskExecuted(ProcessRecord process, ContainerRecord? container, long unixNs)
    {
        if (Binaries is not { } binaries)
            return;
        if (!binaries.AskExecuted(process, container, unixNs))
            LoseBinary(container, unixNs);
        if (process.Payload.Length > 0 && !binaries.AskPayload(process, container))
            LoseBinary(container, unixNs);
    }

    private void AskMapped(ProcessRecord process, ContainerRecord? container, in FileEvent e, long unixNs)
    {
        if (Binaries is { } binaries && e.Operation == FileOperation.MapExecutable && !binaries.AskLibrary(process, container, Cut(e.Path), e.Inode))
            LoseBinary(container, unixNs);
    }

    private void LoseBinary(ContainerRecord? container, long unixNs) =>
        _sink.Post(new LossFact(container, container is null, "binary", "queue_full", 1, unixNs, unixNs));

    private void TakeReadings()
    {
        Binaries?.ReleaseDue(_containers);
        for (var i = 0; i < MaxReadings && Binaries is { } binaries && binaries.TryTake(out var reading); i++)
            Tell(reading);
    }

    private void TakeLastReadings()
    {
        if (Binaries is not { } binaries)
            return;
        binaries.ReleaseDue(_containers, isLast: true);
        var began = Stopwatch.GetTimestamp();
        while (LastReadings - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } left && binaries.TryTake(out var reading, left))
            Tell(reading);
        if (binaries.OnTheirWay is > 0 and var lost)
        {
            var now = _clock.ToUnixNs(_nowBootNs);
            _sink.Post(new LossFact(null, false, "binary", "stopped", (ulong)lost, now, now));
        }
    }

    private void Tell(BinaryReading reading)
    {
        var request = reading.Request;
        var key = _key.OfBinary(reading);
        if (_known.Find(request.Container, key) is not null)
            return;
        var fact = new BinaryFact
        {
            Process = request.Process,
            Container = request.Container,
            FirstUnixNs = reading.UnixNs,
            LastUnixNs = reading.UnixNs,
            IsNew = true,
            Path = request.Path,
            File = reading.Content.Identity,
            Sha256 = reading.Content.Sha256,
            Traits = reading.Content.Traits,
            ElsewhereSha256 = reading.Content.ElsewhereSha256,
            Package = reading.Content.Package,
        };
        _known.Add(key, fact);
        Send(fact);
    }
}
