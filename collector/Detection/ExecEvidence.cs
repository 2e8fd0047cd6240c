using System.Globalization;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>What a new program, or a known one under a new parent, weighs.</summary>
internal static class ExecEvidence
{
    public static Assessment Assess(ExecObservation exec, in Surroundings surroundings)
    {
        var process = exec.Process;
        var parent = exec.Lineage.Count > 1 ? exec.Lineage[1] : null;
        var name = ProgramNames.CalledName(process.Binary, process.Arguments);
        var upper = (process.Flags & ProcessFlags.UpperLayer) != 0;
        var matches = new List<ClassMatch>();
        if (surroundings.WrittenBy is { } writer)
        {
            var runner = parent is null ? "" : string.Create(CultureInfo.InvariantCulture, $", and run by {DisplayText.Path(parent.Binary)} (process {parent.Pid})");
            matches.Add(new("dropped", 60, $"the file was written by {writer.Words}{runner}", "T1105"));
        }

        if (upper && process.Phase != Phase.Session && (Places.IsTemporary(process.Binary) || Places.IsHidden(process.Binary)))
        {
            // Two classes of one event are no product, but their meeting is a class of its own, and much rarer among harmless novelty.
            matches.Add(new("dropped_program", 500, $"the container itself runs a program that was dropped into it: {DisplayText.Path(process.Binary)}", "T1105", Severity.High));
        }

        var place = process.Script.Length > 0 ? process.Script : process.Binary;
        if (Places.IsTemporary(place) || Places.IsHidden(place))
        {
            matches.Add(new("odd_place", 60, $"it lies where programs do not: {DisplayText.Path(place)}", "T1036.005", Severity.High));
        }

        if (surroundings.KnownElsewhere is { } known && !Places.IsProgramFolder(process.Binary))
        {
            matches.Add(new("masquerade", 80, $"it bears the name of {DisplayText.Path(known)}, which runs here, and is another file", "T1036.005"));
        }
        else if (ProgramNames.IsKernelThread(process.Binary) && !exec.Scope.IsHost)
        {
            matches.Add(new("masquerade", 80, "it bears the name of a kernel thread", "T1036.005"));
        }

        if (Masquerade.NameOf(process) is { } disguise)
        {
            matches.Add(new("masquerade", 80, $"it calls itself {DisplayText.Path(disguise)}, which it is not", "T1036.005"));
        }

        if (LoadingEvidence.OfPayload(process) is { } loaded)
        {
            matches.Add(loaded);
        }

        if (ReadsCommandsFromPipe(process))
        {
            matches.Add(new("piped_shell", 30, "a shell that takes its commands from a pipe", "T1059.004", Severity.High));
        }

        if ((process.Flags & ProcessFlags.Memfd) != 0)
        {
            matches.Add(new("memfd", 60, "it was executed from memory, without a file", "T1620"));
        }
        else if ((process.Flags & ProcessFlags.Deleted) != 0)
        {
            matches.Add(new("deleted", 30, "its file was deleted before it ran", "T1070.004"));
        }

        if (upper)
        {
            matches.Add(new("upper_layer", 40, "its file is not of the image: it was written after the container started", "T1105"));
        }

        // Where a server starts its interpreter every day, one more script is no way in.
        if (!surroundings.EdgeIsKnown && IsShellOfServer(process, parent, name))
        {
            var server = DisplayText.Name(parent!.Binary);
            matches.Add(surroundings.ParentStartsNothing
                ? new("shell_of_quiet_server", 60, $"a shell or interpreter was started by {server}, which serves the network and starts no programs", "T1190", Severity.High)
                : new("shell_of_server", 20, $"a shell or interpreter was started by {server}, which serves the network", "T1190", Severity.High));
        }

        // What a container's or a host's start-up does with these is its own affair; the same while it serves is not.
        if (process.Phase is not Phase.Init and not Phase.Host)
        {
            if (ProgramNames.IsDownloader(name))
            {
                matches.Add(new("downloader", 15, $"{DisplayText.Name(name)} fetches or sends data", "T1105"));
            }
            else if (ProgramNames.IsInstaller(name))
            {
                matches.Add(new("installer", 30, $"{DisplayText.Name(name)} installs software in a container that runs", "T1105"));
            }
            else if (ProgramNames.IsBuilder(name))
            {
                matches.Add(new("builder", 10, $"{DisplayText.Name(name)} builds software", "T1027.004"));
            }

            if (InlineCode.Find(process) is { } code)
            {
                matches.Add(new("inline_code", 15, $"{DisplayText.Name(name)} was given code in its arguments that {code}", "T1059"));
            }

            if (parent is not null && !surroundings.EdgeIsKnown && ProgramNames.IsShell(process.Binary, process.Arguments)
                && ProgramNames.CalledName(parent.Binary, parent.Arguments) is var tool && ProgramNames.CanRunOthers(tool))
            {
                matches.Add(ProgramNames.IsRelay(tool)
                    ? new("shell_of_relay", 300, $"{DisplayText.Name(tool)}, which only relays data, was made to run a shell", "T1059.004", Severity.Critical)
                    : new("run_by_proxy", 30, $"{DisplayText.Name(tool)} was made to run a shell", "T1218"));
            }
        }

        if (matches.Count == 0)
        {
            matches.Add(Ordinary(process, name, surroundings));
        }

        return Weighing.Weigh(matches, process, surroundings, !upper);
    }

    /// <param name="tools">See <see cref="Incidents.RecentLooks"/>.</param>
    public static Assessment OfLooks(ExecObservation exec, IReadOnlyList<string> tools, in Surroundings surroundings) => Weighing.Weigh(
        [new("discovery", 30, $"it looked around: {string.Join(", ", tools.Select(DisplayText.Name))} within minutes, none of which it ever started", "T1082")],
        exec.Process, surroundings, lowerLayer: (exec.Process.Flags & ProcessFlags.UpperLayer) == 0);

    /// <summary>"… | sh": a shell without a script, a command or a terminal. A session's input is always a pipe of the runtime's.</summary>
    public static bool ReadsCommandsFromPipe(ProcessInfo process) =>
        (process.Flags & ProcessFlags.StdinPipe) != 0 && process.Phase != Phase.Session && process.Script.Length == 0
        && (process.Arguments.Contains("-s") || process.Arguments.Skip(1).All(argument => argument is "-" or "-e" or "-x" or "-ex" or "-eux" or "-i"))
        && ProgramNames.IsShell(process.Binary, process.Arguments);

    /// <summary>The shell's own parent has to be the server: below a shell that deviates already, every further one says nothing new.</summary>
    private static bool IsShellOfServer(ProcessInfo process, ProcessInfo? parent, string name) =>
        parent is not null
        && (ProgramNames.IsShell(process.Binary, process.Arguments) || ProgramNames.IsInterpreter(name))
        && !ProgramNames.IsShell(parent.Binary, parent.Arguments)
        && ProgramNames.BaseName(parent.Binary) != ProgramNames.BaseName(process.Binary)
        && ((parent.Flags & ProcessFlags.NetworkFacing) != 0 || ProgramNames.IsServer(parent.Binary));

    private static ClassMatch Ordinary(ProcessInfo process, string name, in Surroundings surroundings) =>
        surroundings.OnlyEdgeIsNew ? new("new_edge", 1, "the program is known here, but not from this parent", "")
        : process.Phase == Phase.Session ? new("session", 3, "a command was started in the container from outside", "T1609")
        : ProgramNames.IsCommonTool(name) || ProgramNames.IsShell(name) ? new("common_tool", 1.5, "a common tool that did not run here before", "")
        : new("new_program", 2, "a program of the image that did not run here before", "");
}
