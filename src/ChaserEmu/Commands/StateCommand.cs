using System.CommandLine;

namespace ChaserEmu.Commands;

/// <summary><c>chaseremu state</c> and <c>chaseremu reset</c>: saves, loads and resets what the emulator stores.</summary>
internal static class StateCommand
{
    private const string Standard = "-";

    public static Command Create() => new("state", "Save and load the stored state") { CreateSave(), CreateLoad() };

    public static Command CreateReset()
    {
        var key = new Option<string?>("--key") { Description = "Only the workspace of this API key. Default: everything, and the clock" };
        return EmulatorCommand.Create("reset", "End all sessions, delete all stored state and all fault rules, and reset the clock", [key], async context =>
        {
            var secret = context.Parsed.GetValue(key);
            var outcome = secret is null ? await context.Emulator.ResetAsync(context.CancellationToken) : await context.Emulator.ResetAsync(secret, context.CancellationToken);
            context.Output.Write(outcome, () => context.Output.WriteLine(secret is null ? "Everything was reset." : "The workspace was reset."));
        });
    }

    private static Command CreateSave()
    {
        var file = new Argument<string>("file") { Description = $"The file to write, or {Standard} for standard output" };
        return EmulatorCommand.Create("save", "Save all state as JSON: workspaces, keys as hashes, sessions, usage, audit events, faults, clock", [file], async context =>
        {
            var (path, json) = (context.Parsed.GetValue(file)!, await context.Emulator.State.ExportAsync(context.CancellationToken));
            if (path == Standard) context.Output.WriteLine(json);
            else await AccessAsync(path, () => File.WriteAllTextAsync(path, json + "\n", context.CancellationToken));
        });
    }

    private static Command CreateLoad()
    {
        var file = new Argument<string>("file") { Description = $"A file of 'state save' or written by hand, or {Standard} for standard input" };
        return EmulatorCommand.Create("load", "Replace all state by a file. If the file is invalid, nothing changes", [file], async context =>
        {
            var (path, json) = (context.Parsed.GetValue(file)!, "");
            if (path == Standard) json = await Console.In.ReadToEndAsync(context.CancellationToken);
            else await AccessAsync(path, async () => json = await File.ReadAllTextAsync(path, context.CancellationToken));
            var imported = await context.Emulator.State.ImportAsync(json, context.CancellationToken);
            context.Output.Write(imported, () => context.Output.WriteLine($"The state of {path} was loaded."));
        });
    }

    private static async Task AccessAsync(string path, Func<Task> accessAsync)
    {
        try
        {
            await accessAsync();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"Cannot use the file '{path}': {exception.Message}");
        }
    }
}
