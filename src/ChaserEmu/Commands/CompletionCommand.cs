using System.CommandLine;
using System.CommandLine.Completions;

namespace ChaserEmu.Commands;

/// <summary><c>chaseremu completion</c>: prints a script that completes command lines in a shell. The script asks the hidden command <c>complete</c>.</summary>
internal static class CompletionCommand
{
    private const string Bash =
        """
        _chaseremu() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(chaseremu complete --position "$COMP_POINT" -- "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _chaseremu chaseremu
        """;

    private const string Zsh =
        """
        _chaseremu() {
          local -a words_found
          words_found=("${(@f)$(chaseremu complete --position $CURSOR -- "$BUFFER" 2>/dev/null)}")
          compadd -- $words_found
        }
        compdef _chaseremu chaseremu
        """;

    private const string Fish =
        """
        complete -c chaseremu -a '(chaseremu complete -- (commandline -cp) 2>/dev/null)'
        """;

    private const string PowerShell =
        """
        Register-ArgumentCompleter -Native -CommandName chaseremu -ScriptBlock {
          param($word, $line, $position)
          chaseremu complete --position $position -- "$line" | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
        }
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "The shell" }.AcceptOnlyFromAmong("bash", "zsh", "fish", "powershell");
        var command = new Command("completion", "Print a completion script for a shell: eval \"$(chaseremu completion bash)\"") { shell };
        command.SetAction(parsed => parsed.InvocationConfiguration.Output.WriteLine(parsed.GetValue(shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            "fish" => Fish,
            _ => PowerShell,
        }));
        return command;
    }

    /// <summary>Creates the hidden command that the scripts call.</summary>
    public static Command CreateComplete(Command root)
    {
        var line = new Argument<string>("line") { Description = "The command line so far, with the name of the program" };
        var position = new Option<int?>("--position") { Description = "The position of the cursor. Default: the end" };
        var command = new Command("complete", "Print the possible next words of a command line") { line, position };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var text = parsed.GetValue(line)!;
            var cursor = Math.Min(parsed.GetValue(position) ?? text.Length, text.Length);
            var start = text.IndexOf(' ', StringComparison.Ordinal) is >= 0 and var end ? end + 1 : text.Length;
            foreach (var completion in root.Parse(text[start..]).GetCompletions(Math.Max(0, cursor - start))) parsed.InvocationConfiguration.Output.WriteLine(completion.InsertText ?? completion.Label);
        });
        return command;
    }
}
