using System.CommandLine;

namespace Runtime.Cli.Commands;

/// <summary>Completion by the parser itself: the shell asks "[suggest:POSITION]" and gets the words that fit.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _runtimectl() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(runtimectl "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _runtimectl runtimectl
        """;

    public static Command Create(Terminal terminal)
    {
        var command = new Command("completion", "Prints the completion script for bash");
        command.SetAction(_ => terminal.Out.WriteLine(Bash));
        return command;
    }
}
