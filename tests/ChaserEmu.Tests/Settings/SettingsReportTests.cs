using System.Text.Json;

namespace ChaserEmu.Tests.Settings;

/// <summary>Reads the settings of a running emulator: <c>GET /_emu/settings</c>.</summary>
public sealed class SettingsReportTests
{
    [Fact]
    public async Task Each_documented_setting_is_listed_once_with_its_value_and_source()
    {
        await using var emulator = Emulator.Start("Sessions:IdleSeconds=5", "Auth:Mode=strict", "Auth:Keys:0=cha_test_first", "Auth:Keys:1=cha_test_second", "Control:Token=hidden-token");
        using var client = emulator.CreateClient("hidden-token");

        var text = await client.GetStringAsync(new Uri("/_emu/settings", UriKind.Relative));

        var settings = JsonDocument.Parse(text).RootElement.GetProperty("settings").EnumerateArray().ToDictionary(setting => setting.GetProperty("key").GetString()!);
        Assert.Equal(("5", "argument"), Read(settings["Sessions:IdleSeconds"]));
        Assert.Equal(("strict", "argument"), Read(settings["Auth:Mode"]));
        Assert.Equal(("***", "argument"), Read(settings["Auth:Keys"]));
        Assert.Equal(("***", "argument"), Read(settings["Control:Token"]));
        Assert.Equal((null, "default"), Read(settings["Control:TokenFile"]));
        Assert.DoesNotContain("hidden-token", text, StringComparison.Ordinal);
        Assert.DoesNotContain("cha_test_first", text, StringComparison.Ordinal);

        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "settings.md"));
        Assert.All(settings.Keys.Where(key => key.Contains(':', StringComparison.Ordinal)), key => Assert.Contains($"`{key}", page, StringComparison.Ordinal));
    }

    private static (string? Value, string Source) Read(JsonElement setting) => (setting.GetProperty("value").GetString(), setting.GetProperty("source").GetString()!);
}
