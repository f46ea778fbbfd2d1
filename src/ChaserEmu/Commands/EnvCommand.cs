using System.CommandLine;

namespace ChaserEmu.Commands;

/// <summary><c>chaseremu env</c>: prints the variables that tests read, for the shell.</summary>
internal static class EnvCommand
{
    public static Command Create()
    {
        var shell = new Option<string>("--shell") { Description = "The shell that reads the output", DefaultValueFactory = _ => OperatingSystem.IsWindows() ? "powershell" : "sh" }.AcceptOnlyFromAmong("sh", "fish", "powershell");
        return EmulatorCommand.Create("env", "Print CHASER_EMU_URL and CHASER_KEY for a shell: eval \"$(chaseremu env)\"", [shell], async context =>
        {
            var info = await context.Emulator.GetInfoAsync(context.CancellationToken);
            context.Output.Write(info, () =>
            {
                foreach (var (name, value) in new[] { ("CHASER_EMU_URL", context.Emulator.Address.ToString().TrimEnd('/')), ("CHASER_KEY", info.ExampleKey) })
                {
                    context.Output.WriteLine(context.Parsed.GetValue(shell) switch
                    {
                        "fish" => $"set -gx {name} '{value}'",
                        "powershell" => $"$env:{name} = '{value}'",
                        _ => $"export {name}='{value}'",
                    });
                }
            });
        });
    }
}
