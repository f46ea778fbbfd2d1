using System.Diagnostics;
using System.Text.Json.Nodes;

namespace ChaserEmu.Tests.Commands;

/// <summary>Runs <c>chaseremu up</c> and <c>down</c> as a user does: as processes that find one another by the state folder.</summary>
public sealed class UpCommandTests : IAsyncLifetime
{
    private static readonly string[] Settings = ["--urls=http://127.0.0.1:0", "--Storage:Path=:memory:", "--Browsers:Path=none"];

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "ChaserEmu.dll");

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-up-").FullName;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await RunAsync("down");
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task An_emulator_in_the_background_is_found_by_the_other_commands_and_stopped()
    {
        var (code, started, errors) = await RunAsync(["up", "-d", .. Settings]);
        Assert.Equal((0, ""), (code, errors));
        Assert.Matches("^The emulator is ready at http://127.0.0.1:[0-9]+ \\(process [0-9]+\\)", started);

        Assert.Equal(0, (await RunAsync("clock", "now")).Code);
        Assert.Contains("is already running", (await RunAsync("up", "-d")).Output, StringComparison.Ordinal);
        Assert.Contains("Stop it with 'chaseremu down'", (await RunAsync(["up", "-d", .. Settings])).Errors, StringComparison.Ordinal);
        Assert.Contains("listens on", await File.ReadAllTextAsync(Path.Combine(_folder, "chaseremu", "up.log")), StringComparison.Ordinal);

        Assert.StartsWith("The emulator has stopped", (await RunAsync("down")).Output, StringComparison.Ordinal);
        Assert.Equal("No emulator of 'chaseremu up' is running.\n", (await RunAsync("down")).Output);
        Assert.False(File.Exists(Path.Combine(_folder, "chaseremu", "up.json")));
    }

    [Fact]
    public async Task A_failed_start_shows_why()
    {
        var (code, output, errors) = await RunAsync("up", "-d", "--urls=http://127.0.0.1:0", "--Clock:Rate=0");

        Assert.Equal((1, ""), (code, output));
        Assert.Contains("Clock:Rate", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_folder_that_cannot_be_used_is_named()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder, "chaseremu"), "not a folder");

        var (code, output, errors) = await RunAsync(["up", "-d", .. Settings]);

        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith("Cannot use the state folder: ", errors, StringComparison.Ordinal);
        Assert.Contains("XDG_STATE_HOME", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_record_of_a_killed_emulator_is_ignored()
    {
        Assert.Equal(0, (await RunAsync(["up", "-d", .. Settings])).Code);
        using (var process = Process.GetProcessById((int)JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, "chaseremu", "up.json")))!["pid"]!))
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        Assert.Equal("No emulator of 'chaseremu up' is running.\n", (await RunAsync("down")).Output);
        Assert.Equal(0, (await RunAsync(["up", "-d", .. Settings])).Code);
    }

    [FactOnUnix]
    public async Task Bash_completes_a_command_line()
    {
        var script = Path.Combine(_folder, "complete.sh");
        await File.WriteAllTextAsync(script, $$"""
            chaseremu() { dotnet '{{Program}}' "$@"; }
            eval "$(chaseremu completion bash)"
            COMP_LINE='chaseremu clock adv'; COMP_POINT=${#COMP_LINE}; COMP_WORDS=(chaseremu clock adv); COMP_CWORD=2
            _chaseremu
            echo "${COMPREPLY[@]}"
            """);

        Assert.Equal("advance\n", (await RunProgramAsync("bash", script)).Output);
    }

    private Task<(int Code, string Output, string Errors)> RunAsync(params string[] args) => RunProgramAsync("dotnet", [Program, .. args]);

    private async Task<(int Code, string Output, string Errors)> RunProgramAsync(string program, params string[] args)
    {
        var start = new ProcessStartInfo(program, args) { WorkingDirectory = _folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["XDG_STATE_HOME"] = _folder;
        start.Environment.Remove("CHASER_EMU_URL");
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }
}
