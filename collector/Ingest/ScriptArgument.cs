using Runtime.Collector.Detection;

namespace Runtime.Collector.Ingest;

/// <summary>The script that an interpreter was given by name. The kernel tells only of those that were executed themselves ("#!").</summary>
/// <remarks>
/// sh /dev/shm/x.sh             /dev/shm/x.sh: also from a place whose mount lets nothing be executed
/// bash -eux run.sh             run.sh below the working directory
/// python3 -u /app/job.py 5     /app/job.py
/// sh -c 'x.sh'                 none: that is a command
/// python3 -m http.server       none: a module is found by the interpreter
/// perl -I lib x.pl             none: what an option takes is the interpreter's to know
/// busybox sh /x.sh             /x.sh
/// </remarks>
internal static class ScriptArgument
{
    /// <summary>Options that take no value, of shells and of the others.</summary>
    private const string ShellFlags = "euxvnafhmpBCEHPTl";
    private const string OtherFlags = "uBESOwTts";

    /// <returns>Absolute where the working directory is known; empty when there is none, or it is not certain.</returns>
    public static string Find(string binary, IReadOnlyList<string> arguments, string cwd)
    {
        var isShell = ProgramNames.IsShell(binary, arguments);
        if (arguments.Count < 2 || !(isShell || ProgramNames.IsInterpreter(ProgramNames.CalledName(binary, arguments))) || binary.EndsWith("awk", StringComparison.Ordinal))
        {
            return "";
        }

        // "busybox sh x": the applet stands before what it is given.
        var from = isShell && ProgramNames.BaseName(binary) == "busybox" && ProgramNames.BaseName(arguments[0]) == "busybox" ? 2 : 1;
        for (var i = from; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument.Length > 1 && argument[0] is '-' or '+')
            {
                if (argument.AsSpan(1).IndexOfAnyExcept(isShell ? ShellFlags : OtherFlags) >= 0)
                {
                    return "";
                }

                continue;
            }

            return argument.Length == 0 || argument == "-" ? "" : argument[0] == '/' ? argument : cwd.Length == 0 ? "" : $"{cwd.TrimEnd('/')}/{(argument.StartsWith("./", StringComparison.Ordinal) ? argument[2..] : argument)}";
        }

        return "";
    }
}
