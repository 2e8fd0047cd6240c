using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Scopes;

/// <summary>Who wrote what is run or loaded.</summary>
internal sealed partial class ObservationJudge
{
    /// <summary>Who gives a file another name or a mode did not write it: `curl -o x.tmp; mv x.tmp x; chmod +x x` was written by curl.</summary>
    private void NoteWrite(FileObservation file, in Sight sight)
    {
        // Beyond the window in which "wrote" joins "executed", however much the nodes' clocks differ.
        incidents.Writes.Forget(sight.Last - options.GrowthCap.Ticks);
        var container = file.Container?.Id ?? "";
        if (file.Operation is FileOperation.Write or FileOperation.Create
            && incidents.Writes.Renew(new(container, file.Process.Pid, file.Process.StartBootNs), file.Process.Binary, file.Path, new(file.Device, file.Inode), sight.Last))
        {
            return;
        }

        var earlier = file.Operation switch
        {
            FileOperation.Rename or FileOperation.Link => file.OtherPath,
            FileOperation.ChmodExecutable => file.Path,
            _ => "",
        };
        var known = earlier.Length > 0 ? incidents.Writes.Find(container, earlier, sight.First - options.JoinWindow.Ticks) : null;
        incidents.Writes.Add(known is null
            ? new RecentWrite(container, file.Path, file.Process.Binary, file.Process.Pid, file.Process.StartBootNs, sight.Last) { File = new(file.Device, file.Inode) }
            : known with { Path = file.Path, Time = sight.Last });
    }

    /// <summary>Who loops over files does so by what is new each time; that it was many is an item of its own, which a person can approve.</summary>
    private void JudgeMany(FileObservation file, BaselineState state, in Sight sight, ImageVersion? image)
    {
        if (file.Operation == FileOperation.Unlink && Places.IsTemporary(file.Path))
        {
            return;
        }

        if (incidents.Changes.Add(file, sight.Last, options.JoinWindow.Ticks) is not { } change)
        {
            return;
        }

        var key = _key.MassChange(file.Process.Binary, change).ToString();
        if (!IsKnown(baseline.Items.Find(key), sight, file))
        {
            Deviate(file, ItemKind.FileWrite, key, FileEvidence.OfMany(file, change, SurroundingsOf(file, image, state)), KindGroup.File, state, false, false, sight, image,
                (seen, name, history) => Titles.Many(seen, change, name, history));
        }
    }

    private RecentWrite? FindWrite(ExecObservation exec)
    {
        var since = exec.First.UtcTicks - options.JoinWindow.Ticks;
        var container = exec.Container?.Id ?? "";
        var process = exec.Process;
        return incidents.Writes.Find(container, process.Script, since)
            ?? incidents.Writes.Find(container, process.Payload, since)
            ?? incidents.Writes.Find(container, process.Binary, since, new(process.Device, process.Inode));
    }

    /// <summary>Builders and installers write what they run; that is no drop.</summary>
    private static FileWriter? WriterOf(RecentWrite? write, Observation use) =>
        write is null || ProgramNames.MakesPrograms(ProgramNames.BaseName(write.Binary))
            ? null
            : new FileWriter(write.Binary, write.Pid, TimeSpan.FromTicks(Math.Max(0, use.First.UtcTicks - write.Time)));
}
