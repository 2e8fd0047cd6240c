using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

/// <summary>Code that an interpreter was given in its arguments and that starts programs or opens connections.</summary>
/// <remarks>
/// python3 -c 'import os; os.system("id")'                       starts programs
/// perl -MIO::Socket -e '$s = IO::Socket::INET->new(…)'          opens connections
/// php -r '$s = fsockopen("203.0.113.9", 4444);'
/// awk 'BEGIN { system("id") }'                                  the code is awk's first argument
/// awk -F: '{ print $1 }' /etc/passwd                            no match: it only works on text
/// python3 -c 'import sys; print(sys.version)'                   no match
/// sh -c '…'                                                     no match: what shells run are programs, which are judged themselves
/// </remarks>
internal static class InlineCode
{
    private static readonly string[] Runs = ["system(", "popen(", "exec(", "execl", "execv", "spawn", "subprocess", "child_process", "IO.popen", "qx(", "qx/", "shell_exec", "passthru", "proc_open"];
    private static readonly string[] Connects = ["socket", "fsockopen", "/inet/tcp/", "net.connect", "TCPSocket", "urlopen", "http.client", "requests.get", "pty."];

    /// <returns>"starts programs", "opens connections"; null when it does neither, or no code was given. No allocation for programs that are given none.</returns>
    public static string? Find(ProcessInfo process)
    {
        var isAwk = process.Binary.EndsWith("awk", StringComparison.Ordinal);
        if (Of(isAwk, process.Arguments) is not { } code || !ProgramNames.IsInterpreter(ProgramNames.CalledName(process.Binary, process.Arguments)))
        {
            return null;
        }

        return Holds(code, Connects) ? "opens connections" : Holds(code, Runs) ? "starts programs" : null;
    }

    /// <summary>The argument behind -c, -e, -E, -r, -p or --eval; awk's first that is no option.</summary>
    private static string? Of(bool isAwk, IReadOnlyList<string> arguments)
    {
        for (var i = 1; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (isAwk ? !argument.StartsWith('-') : argument is "--eval" or "--print" || (argument.Length is 2 or 3 && argument[0] == '-' && argument[^1] is 'c' or 'e' or 'E' or 'r' or 'p'))
            {
                return isAwk ? argument : i + 1 < arguments.Count ? arguments[i + 1] : null;
            }
        }

        return null;
    }

    private static bool Holds(string code, string[] words)
    {
        foreach (var word in words)
        {
            if (code.Contains(word, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
