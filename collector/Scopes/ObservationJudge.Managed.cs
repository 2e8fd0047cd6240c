using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Scopes;

internal sealed partial class ObservationJudge
{
    private void JudgeManaged(ManagedObservation managed, in Sight sight, ImageVersion? image)
    {
        var isState = (managed.Flags & ManagedFlags.AtStart) != 0;
        var fact = isState ? null : JudgeTierZero(managed);
        var item = baseline.Items.Find(_key.Managed(managed));
        if (IsKnown(item, sight, managed))
        {
            return;
        }

        var key = item?.FullKey ?? _key.Text.ToString();
        var state = StateFor(KindGroup.Process, image);
        var surroundings = SurroundingsOf(managed, image, state) with
        {
            WrittenBy = WriterOf(incidents.Writes.Find(managed.Container?.Id ?? "", managed.Path, managed.First.UtcTicks - options.JoinWindow.Ticks), managed),
        };
        Deviate(managed, ItemKind.Managed, key, ManagedEvidence.Assess(managed, surroundings), KindGroup.Process, state, fact is not null, isState, sight, image, Titles.Managed);
    }
}
