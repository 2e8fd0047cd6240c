using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Scopes;

internal sealed partial class ObservationJudge
{
    /// <summary>
    /// Nothing of it is in this scope's baseline: not even as pending, as which state that was there at the start comes in. An exec of a program that
    /// ran before the agent came is state itself.
    /// </summary>
    private bool IsNew(Observation observation) => observation switch
    {
        ExecObservation exec => (exec.Process.Flags & ProcessFlags.AtStart) == 0 && baseline.Items.Find(_key.Exec(exec.Process)) is null,
        NetworkObservation network => baseline.Items.Find(_key.Socket(network)) is null,
        FileObservation file => baseline.Items.Find(_key.FileRead(file, Places.SensitiveClass(file.Path))) is null,
        _ => true,
    };
}
