using ChaserEmu.Platform;

namespace ChaserEmu.Browsers.Local;

/// <summary>
/// Builds the environment of Chrome. With the user's own environment, full Chromium would save downloads in <c>~/Downloads</c>, write to
/// <c>~/.config</c>, <c>~/.cache</c> and the temporary folder, and connect to the desktop of the user.
/// </summary>
internal static class ChromeEnvironment
{
    /// <summary>The user's own certificate authorities, as mkcert installs them. Chrome trusts those of its HOME.</summary>
    private const string CertificateDatabase = ".pki/nssdb";

    /// <summary>What Chrome appends to TMPDIR for the socket that guards its profile.</summary>
    private const string SocketSuffix = "/org.chromium.Chromium.XXXXXX/SingletonSocket";

    /// <summary>The prefix of the variables that are settings of the emulator.</summary>
    private const string SettingsPrefix = "CHASER_EMU_";

    private static readonly string[] CertificateFiles = ["cert9.db", "key4.db"];

    /// <summary>The longest path of a Unix socket: the size of sun_path without the final zero.</summary>
    private static readonly int MaxSocketPath = OperatingSystem.IsMacOS() ? 103 : 107;

    private static readonly string[] Unwanted =
    [
        // Google API keys and Chromium flags of the user would change the browser's behavior.
        "GOOGLE_API_KEY",
        "GOOGLE_DEFAULT_CLIENT_ID",
        "GOOGLE_DEFAULT_CLIENT_SECRET",
        "CHROMIUM_FLAGS",

        // Without these, all of the user's folders are below HOME.
        "CHROME_CONFIG_HOME",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",

        // The desktop of the user. Even a headless Chrome connects to Wayland.
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "XDG_RUNTIME_DIR",
    ];

    /// <summary>Changes the inherited environment to that of a browser with this profile, and creates its home folder in the profile.</summary>
    /// <exception cref="IOException">The folder cannot be created, or a certificate cannot be copied.</exception>
    public static void Apply(IDictionary<string, string?> environment, string profile)
    {
        PrivateFolder.Create(profile);
        var home = Path.Combine(profile, "home");
        PrivateFolder.Create(home);
        if (environment.TryGetValue("HOME", out var userHome) && !string.IsNullOrEmpty(userHome)) CopyCertificates(userHome, home);

        foreach (var name in Unwanted) environment.Remove(name);

        // Settings can be secrets, such as Control:Token, and CDP clients can read files: /proc/self/environ is one.
        foreach (var name in environment.Keys.Where(name => name.StartsWith(SettingsPrefix, StringComparison.OrdinalIgnoreCase)).ToList()) environment.Remove(name);
        environment["HOME"] = home;
        if (profile.Length + SocketSuffix.Length <= MaxSocketPath) environment["TMPDIR"] = profile;

        // If unset, the bus is looked for in the usual places. Any address of an unknown type turns it off.
        environment["DBUS_SESSION_BUS_ADDRESS"] = "disabled:";
        environment["DBUS_SYSTEM_BUS_ADDRESS"] = "disabled:";
    }

    /// <summary>Copies the user's certificate authorities, so that pages of the user's own HTTPS servers work.</summary>
    private static void CopyCertificates(string userHome, string home)
    {
        var (source, target) = (Path.Combine(userHome, CertificateDatabase), Path.Combine(home, CertificateDatabase));
        foreach (var file in CertificateFiles.Where(file => File.Exists(Path.Combine(source, file))))
        {
            Directory.CreateDirectory(target);
            File.Copy(Path.Combine(source, file), Path.Combine(target, file), overwrite: true);
        }
    }
}
