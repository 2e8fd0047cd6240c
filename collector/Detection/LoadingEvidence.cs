using System.Buffers;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>What it weighs that a program was made to load something: by its environment, or by the dynamic loader run as a program.</summary>
internal static class LoadingEvidence
{
    /// <summary>Stands among an exec's variables for those that were cut off. No variable is called so: it has no '='.</summary>
    public const string CutOff = "(environment cut off)";

    /// <summary>Characters of kept variables from which they themselves fill what the agent keeps (4 KiB, 1 KiB of each one).</summary>
    private const int Filled = 1000;

    private static readonly SearchValues<char> PathEnds = SearchValues.Create(":, ;=\"'");

    /// <summary>
    /// Variables that a process has and the one that started it had not, and <see cref="CutOff"/> when its environment was too large to be looked
    /// through and its parent's was not: what is handed down is told once, where it began.
    /// </summary>
    public static IEnumerable<string> News(ExecObservation exec)
    {
        var parent = exec.Lineage.Count > 1 ? exec.Lineage[1] : null;
        foreach (var variable in exec.Process.LoaderVariables)
        {
            if (parent is null || !parent.LoaderVariables.Contains(variable))
            {
                yield return variable;
            }
        }

        if ((exec.Process.Flags & ~(parent?.Flags ?? ProcessFlags.None) & ProcessFlags.LoaderVariablesTruncated) != 0)
        {
            yield return CutOff;
        }
    }

    /// <param name="variable">NAME=VALUE, or <see cref="CutOff"/>.</param>
    public static Assessment OfVariable(ExecObservation exec, string variable, in Surroundings surroundings)
    {
        if (variable == CutOff)
        {
            return Weighing.Weigh([OfCutOff(exec)], exec.Process, surroundings, lowerLayer: (exec.Process.Flags & ProcessFlags.UpperLayer) == 0);
        }

        var equals = variable.IndexOf('=', StringComparison.Ordinal);
        var (name, value) = equals < 0 ? (variable, "") : (variable[..equals], variable[(equals + 1)..]);
        var shown = $"{DisplayText.Name(name)}={DisplayText.Path(value)}";
        var isOdd = HasOddPlace(value);
        var match = name switch
        {
            "LD_PRELOAD" or "LD_AUDIT" when isOdd => new ClassMatch("preload_dropped", Assessment.Cap, $"{shown} puts a library into it from where libraries do not lie", "T1574.006"),
            "LD_PRELOAD" or "LD_AUDIT" => new("preload", 15, $"{shown} puts a library into it", "T1574.006"),
            "DOTNET_STARTUP_HOOKS" or "NODE_OPTIONS" or "JAVA_TOOL_OPTIONS" or "_JAVA_OPTIONS" or "JDK_JAVA_OPTIONS" or "BASH_ENV" or "PYTHONSTARTUP" or "PERL5OPT" or "RUBYOPT" or "GCONV_PATH" when isOdd
                => new("loads_dropped", 200, $"{shown} makes it run code from where code does not lie", Technique(name)),
            "DOTNET_STARTUP_HOOKS" or "GCONV_PATH" or "BASH_ENV" => new("loads", 12, $"{shown} makes it run code that is not its own", Technique(name)),
            "CORECLR_ENABLE_PROFILING" or "GLIBC_TUNABLES" => new("loads_setting", 3, $"{shown} changes how it loads", Technique(name)),
            _ when name.StartsWith("CORECLR_PROFILER", StringComparison.Ordinal) && isOdd => new("loads_dropped", 200, $"{shown} puts a profiler into it", Technique(name)),
            _ when isOdd => new("search_path_odd", 12, $"{shown} makes it look for code where code does not lie", Technique(name)),
            _ => new("loads_setting", 2, $"{shown} changes what it loads", Technique(name)),
        };
        return Weighing.Weigh([match], exec.Process, surroundings, lowerLayer: !isOdd && (exec.Process.Flags & ProcessFlags.UpperLayer) == 0);
    }

    /// <summary>The loader run as a program, told where the exec is weighed; null when it was not.</summary>
    public static ClassMatch? OfPayload(ProcessInfo process)
    {
        if (process.Payload.Length == 0)
        {
            return null;
        }

        var words = $"it ran {DisplayText.Path(process.Payload)} through the dynamic loader, past the file's permissions and whoever watches what is executed";
        return process.Phase != Phase.Session && (Places.IsTemporary(process.Payload) || Places.IsHidden(process.Payload))
            ? new("loader_dropped", 500, words, "T1574")
            : new("loader", 60, words, "T1574");
    }

    /// <summary>
    /// The agent looks through 1,024 strings or 1 MiB of an environment. A pod among many services is started with more: that comes from its
    /// specification. Who pads the environment of a program further down hides what stands behind the padding, and gains nothing else by it.
    /// </summary>
    private static ClassMatch OfCutOff(ExecObservation exec)
    {
        var kept = exec.Process.LoaderVariables.Sum(variable => variable.Length + 1);
        return exec.Lineage.Count == 1 ? new("environment_large", 3, "it was started with more variables than can be looked through, as pods among many services are", "T1574")
            : kept >= Filled ? new("environment_filled", 20, "its variables that load code are longer than can be kept: some may not be told", "T1574")
            : new("environment_padded", 60, "its environment is too large to be looked through, which its parent's was not: variables that load code can hide behind that", "T1574.006");
    }

    private static bool HasOddPlace(string value)
    {
        for (var at = value.IndexOf('/', StringComparison.Ordinal); at >= 0;)
        {
            var end = value.AsSpan(at).IndexOfAny(PathEnds);
            var path = end < 0 ? value[at..] : value.Substring(at, end);
            if (Places.IsTemporary(path) || path is "/tmp" or "/dev/shm" or "/var/tmp" || Places.IsHidden(path))
            {
                return true;
            }

            var next = end < 0 ? -1 : value.IndexOf('/', at + end);
            at = next;
        }

        return false;
    }

    private static string Technique(string name) => name switch
    {
        "LD_LIBRARY_PATH" or "GCONV_PATH" or "GLIBC_TUNABLES" => "T1574.006",
        "BASH_ENV" => "T1546.004",
        _ when name.StartsWith("CORECLR_", StringComparison.Ordinal) => "T1574.012",
        _ => "T1574",
    };
}
