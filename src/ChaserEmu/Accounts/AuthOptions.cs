using ChaserEmu.Domain;
using ChaserEmu.Settings;

namespace ChaserEmu.Accounts;

/// <summary>Which API keys are accepted.</summary>
internal enum AuthMode
{
    /// <summary>Any well-formed key. Each distinct key gets its own workspace.</summary>
    Open,

    /// <summary>Only seeded keys and those created over the API.</summary>
    Strict,
}

/// <summary>Settings under <c>Auth</c>.</summary>
internal sealed class AuthOptions : ISettings
{
    public static string Section => "Auth";

    /// <summary>The name of the cookie of dashboard users. Documented.</summary>
    public const string CookieName = "chaser_session";

    /// <summary>Which API keys are accepted. <c>open</c>: any well-formed key, each with its own workspace. <c>strict</c>: seeded keys and keys created over the API.</summary>
    public AuthMode Mode { get; set; } = AuthMode.Open;

    /// <summary>Seeded API keys, each with its own workspace. If there are none in strict mode, a live and a test key are generated and logged at start.</summary>
    [SecretSetting]
    public List<string> Keys { get; init; } = [];

    /// <summary>A file with more seeded API keys, one a line. Unlike arguments, its content is not visible in the process list.</summary>
    public string? KeysFile { get; set; }

    /// <summary>Returns the seeded keys from the settings, then those from the file.</summary>
    public IReadOnlyList<string> ReadKeys() => KeysFile is null ? Keys : [.. Keys, .. SecretFile.ReadLines(KeysFile)];

    /// <summary>The value of the <c>chaser_session</c> cookie that selects the default workspace on dashboard routes.</summary>
    public string DashboardCookie { get; set; } = "emulator";

    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrWhiteSpace(DashboardCookie)) yield return "Auth:DashboardCookie is empty. Give any value, and send it as the cookie chaser_session.";
        for (var i = 0; i < Keys.Count; i++)
        {
            if (!ApiKeySecret.TryParse(Keys[i], out _))
                yield return $"Auth:Keys:{i} must be cha_live_ or cha_test_ followed by 1 to 128 letters, digits, '-' or '_'.";
        }

        if (KeysFile is null) yield break;
        if (SecretFile.TryReadLines("Auth:KeysFile", KeysFile, out var lines) is { } error) yield return error;
        else if (lines.Count == 0) yield return $"Auth:KeysFile: '{KeysFile}' contains no key. Write one key a line.";
        for (var i = 0; i < lines.Count; i++)
        {
            if (!ApiKeySecret.TryParse(lines[i], out _))
                yield return $"Auth:KeysFile: key {i + 1} of '{KeysFile}' must be cha_live_ or cha_test_ followed by 1 to 128 letters, digits, '-' or '_'.";
        }
    }
}
