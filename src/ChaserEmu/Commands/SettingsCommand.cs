using System.CommandLine;
using ChaserEmu.Client;
using ChaserEmu.Settings;

namespace ChaserEmu.Commands;

/// <summary><c>chaseremu settings</c>: lists each setting with its value and its source.</summary>
internal static class SettingsCommand
{
    public static Command Create()
    {
        var changed = new Option<bool>("--changed") { Description = "Only those that an argument or an environment variable sets" };
        var local = new Option<bool>("--local") { Description = "Those that 'chaseremu serve' would use here, from the environment and the given settings" };
        var command = EmulatorCommand.Create("settings", "List each setting of the running emulator, its value, and where it comes from (with --local: accepts settings)", [changed, local], async context =>
        {
            var (parsed, output) = (context.Parsed, context.Output);
            if (!parsed.GetValue(local) && parsed.UnmatchedTokens is [var first, ..]) throw new CommandException($"'{first}' cannot be used here: settings of a running emulator do not change. Settings can be given with --local.");
            var settings = parsed.GetValue(local) ? await ReadLocalAsync([.. parsed.UnmatchedTokens]) : await ReadAsync(context);
            if (parsed.GetValue(changed)) settings = new SettingList([.. settings.Settings.Where(setting => setting.Source is SettingsReport.Argument or SettingsReport.Variable)]);
            output.Write(settings, () => output.WriteTable(["setting", "value", "source"], settings.Settings.Select(setting => new[] { setting.Key, setting.Value, setting.Source })));
        });
        command.TreatUnmatchedTokensAsErrors = false;
        return command;
    }

    private static Task<SettingList> ReadAsync(CommandContext context) => context.Emulator.GetSettingsAsync(context.CancellationToken);

    private static async Task<SettingList> ReadLocalAsync(string[] args)
    {
        await using var app = EmulatorServer.Build(args);
        try
        {
            EmulatorServer.ValidateSettings(app);
            return SettingsReport.Create(app.Services);
        }
        catch (Exception exception) when (EmulatorServer.Explain(exception) is { } why)
        {
            throw new CommandException(why);
        }
    }
}
