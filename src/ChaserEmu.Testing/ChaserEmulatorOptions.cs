namespace ChaserEmu.Testing;

/// <summary>
/// The options of a <see cref="ChaserEmulator"/>. Environment variables with settings, and the appsettings.json file of the test process, are
/// ignored.
/// </summary>
public sealed partial class ChaserEmulatorOptions
{
    /// <summary>Gets or sets whether the emulator starts browsers (default <see cref="EmulatorBrowsers.None"/>).</summary>
    public EmulatorBrowsers Browsers { get; set; }

    /// <summary>
    /// Gets or sets the path of the SQLite file, which is kept; <c>:memory:</c> stores nothing on disk. Null (default) keeps nothing after the
    /// emulator is disposed.
    /// </summary>
    public string? StoragePath { get; set; }

    /// <summary>Gets or sets the random seed: any text. Ids, devices, delays and secrets are repeatable with it. Null (default) means random.</summary>
    public string? Seed { get; set; }

    /// <summary>Gets or sets the emulated time at the start. Null (default) means the real time.</summary>
    public DateTimeOffset? Now { get; set; }

    /// <summary>
    /// Gets or sets whether the clock starts frozen (default false). A frozen clock moves only by <see cref="EmulatorClock.AdvanceAsync"/> and
    /// <see cref="EmulatorClock.SetAsync"/>.
    /// </summary>
    public bool Frozen { get; set; }

    /// <summary>Gets or sets the TCP port to listen on, on 127.0.0.1. 0 (default) selects a free port.</summary>
    public int Port { get; set; }

    /// <summary>
    /// Gets the settings by key, such as <c>["Sessions:IdleSeconds"] = "5"</c>. They override the other properties of this class.
    /// docs/settings.md lists all keys.
    /// </summary>
    /// <remarks>Set <c>urls</c> to listen on another address than 127.0.0.1, for example one that containers can reach.</remarks>
    public IDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Returns the options as configuration settings.</summary>
    internal Dictionary<string, string?> ToSettings(string defaultStoragePath)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["urls"] = $"http://127.0.0.1:{Port}",
            ["Storage:Path"] = StoragePath ?? defaultStoragePath,
            ["Seed"] = Seed,
            ["Clock:Now"] = Now?.ToString("O"),
            ["Clock:Frozen"] = Frozen ? "true" : "false",
            ["Browsers:Path"] = Browsers is EmulatorBrowsers.None ? "none" : null,
        };
        foreach (var (key, value) in Settings) settings[key] = value;
        return settings;
    }
}

/// <summary>Specifies whether an emulator starts browsers.</summary>
public enum EmulatorBrowsers
{
    /// <summary>
    /// No browsers. Enough for sessions of <c>cha_test_</c> keys and for everything except CDP. The emulator needs no installed browser and
    /// starts fastest.
    /// </summary>
    None,

    /// <summary>
    /// The Chrome or Chromium of this machine: the path in <c>CHROME_PATH</c>, else one in the usual places. The emulator starts one browser
    /// when it starts.
    /// </summary>
    Found,
}
