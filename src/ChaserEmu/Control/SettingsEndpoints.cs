using ChaserEmu.Settings;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/settings</c>: the settings and their sources.</summary>
internal static class SettingsEndpoints
{
    public static void MapSettings(this RouteGroupBuilder control) => control.MapGet("/settings", (IServiceProvider services) => ControlJson.ToResult(SettingsReport.Create(services)))
        .WithTags("Settings")
        .WithName("listSettings")
        .WithSummary("List the settings")
        .WithDescription("Returns each setting with its value and with the source of that value. The value of a secret is `***`.")
        .Produces<SettingList>();
}
