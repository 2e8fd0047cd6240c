using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Scopes;

internal sealed partial class ObservationJudge
{
    private void JudgeLibrary(FileObservation map, in Sight sight, ImageVersion? image)
    {
        var fact = JudgeTierZero(map);
        var item = baseline.Items.Find(_key.FileWrite(map));
        if (IsKnown(item, sight, map))
        {
            return;
        }

        var key = item?.FullKey ?? _key.Text.ToString();
        var state = StateFor(KindGroup.File, image);
        var write = incidents.Writes.Find(map.Container?.Id ?? "", map.Path, map.First.UtcTicks - options.JoinWindow.Ticks, new(map.Device, map.Inode));
        var bySelf = write is not null && write.Pid == map.Process.Pid && write.StartBootNs == map.Process.StartBootNs;
        var surroundings = SurroundingsOf(map, image, state) with
        {
            WrittenBy = WriterOf(write, map),
        };
        if (LibraryEvidence.Assess(map, bySelf, surroundings) is not { } assessment)
        {
            if (item is null && fact is null && !incidents.IsBelowAlert(map))
            {
                baseline.Touch(baseline.Add(ItemKind.FileWrite, key, ItemState.Learned, sight.First, sight.FirstUnit), sight);
            }

            return;
        }

        Deviate(map, ItemKind.FileWrite, key, assessment, KindGroup.File, state, fact is not null, false, sight, image, Titles.File);
    }
}
