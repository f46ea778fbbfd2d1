using Microsoft.Extensions.Logging;

namespace ChaserEmu.Testing;

/// <summary>How an emulator in the process of a test is to be. Nothing else decides: neither the environment nor an appsettings.json beside the tests.</summary>
public sealed class ChaserEmulatorOptions
{
    /// <summary>Whether there are browsers. Default: none.</summary>
    public EmulatorBrowsers Browsers { get; set; }

    /// <summary>The SQLite file, which is kept; <c>:memory:</c> for none. Default: a temporary file that goes with the emulator.</summary>
    public string? StoragePath { get; set; }

    /// <summary>Any text: makes ids, devices, delays and secrets repeatable. Default: none.</summary>
    public string? Seed { get; set; }

    /// <summary>When emulated time begins. Default: the present.</summary>
    public DateTimeOffset? Now { get; set; }

    /// <summary>Whether emulated time stands still, but for <see cref="EmulatorClock.AdvanceAsync"/>. Default: it runs.</summary>
    public bool Frozen { get; set; }

    /// <summary>The port of 127.0.0.1 to listen on. Default: a free one.</summary>
    public int Port { get; set; }

    /// <summary>
    /// Any setting of the emulator's README by its key, such as <c>["Sessions:IdleSeconds"] = "5"</c>; above the properties here. (<c>urls</c>
    /// lets it listen elsewhere than on 127.0.0.1, where containers can reach it.)
    /// </summary>
    public IDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Where its log goes, such as <c>logging => logging.AddProvider(…)</c>. Default: nowhere. Levels are those of the emulator, of its own
    /// lines <c>Information</c>; the settings <c>Logging:LogLevel:…</c> change them.
    /// </summary>
    public Action<ILoggingBuilder>? Logging { get; set; }

    /// <summary>The settings that all of this comes to.</summary>
    internal Dictionary<string, string?> ToSettings(string defaultStorage)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["urls"] = $"http://127.0.0.1:{Port}",
            ["Storage:Path"] = StoragePath ?? defaultStorage,
            ["Seed"] = Seed,
            ["Clock:Now"] = Now?.ToString("O"),
            ["Clock:Frozen"] = Frozen ? "true" : "false",
            ["Browsers:Path"] = Browsers is EmulatorBrowsers.None ? "none" : null,
        };
        foreach (var (key, value) in Settings) settings[key] = value;
        return settings;
    }
}

/// <summary>Whether an emulator has browsers.</summary>
public enum EmulatorBrowsers
{
    /// <summary>None, which is enough for sessions of <c>cha_test_</c> keys and for all that is not CDP. The emulator starts at once, and on any machine.</summary>
    None,

    /// <summary>The Chrome or Chromium of this machine: the one that <c>CHROME_PATH</c> names, or one in the usual places. One is started with the emulator.</summary>
    Found,
}
