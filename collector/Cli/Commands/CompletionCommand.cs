using System.CommandLine;

namespace Runtime.Cli.Commands;

/// <summary>Completion by the parser itself: the shell asks "[suggest:POSITION]" and gets the words that fit.</summary>
internal static class CompletionCommand
{
    // bash ends words at colons, so that of "kind:ex" only "ex" is replaced: what stands before is cut off from what the program says.
    private const string Bash = """
        _runtimectl() {
          local IFS=$'\n' line="${COMP_LINE:0:COMP_POINT}" word
          word="${line##*[[:space:]]}"
          COMPREPLY=($(compgen -W "$(runtimectl "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" -- "$word"))
          if [[ $word == *:* && $COMP_WORDBREAKS == *:* ]]; then
            COMPREPLY=("${COMPREPLY[@]#"${word%"${word##*:}"}"}")
          fi
          if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *: ]]; then compopt -o nospace 2>/dev/null; fi
        }
        complete -o default -F _runtimectl runtimectl
        """;

    private const string Zsh = """
        #compdef runtimectl
        _runtimectl() {
          local -a found fields
          found=("${(@f)$(runtimectl "[suggest:${#LBUFFER}]" "$LBUFFER" 2>/dev/null)}")
          fields=("${(@M)found:#*:}")
          found=("${(@)found:#*:}")
          compadd -S '' -- "${fields[@]}"
          compadd -- "${found[@]}"
          (( $#found + $#fields )) || _files
        }
        if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _runtimectl "$@"; else compdef _runtimectl runtimectl; fi
        """;

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash or zsh", DefaultValueFactory = _ => "bash" };
        shell.AcceptOnlyFromAmong("bash", "zsh");
        var command = new Command("completion", "Prints the completion script for a shell") { shell };
        command.SetAction(parsed => terminal.Out.WriteLine(parsed.GetValue(shell) == "zsh" ? Zsh : Bash));
        return command;
    }
}
