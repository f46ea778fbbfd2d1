using ChaserEmu.Domain;
using ChaserEmu.Settings;

namespace ChaserEmu.Accounts;

/// <summary>Which keys are let in.</summary>
internal enum AuthMode
{
    /// <summary>Any well-formed key, each distinct one with a workspace of its own.</summary>
    Open,

    /// <summary>Only the keys of <see cref="AuthOptions.Keys"/>, and those made over HTTP.</summary>
    Strict,
}

/// <summary>Settings under <c>Auth</c>.</summary>
internal sealed class AuthOptions : ISettings
{
    public static string Section => "Auth";

    /// <summary><c>open</c> or <c>strict</c>.</summary>
    public AuthMode Mode { get; set; } = AuthMode.Open;

    /// <summary>Seeded keys, each with a workspace of its own. Strict mode without any makes one of each prefix and prints them at start.</summary>
    public List<string> Keys { get; init; } = [];

    /// <summary>The value of the cookie <c>chaser_session</c> that stands for the dashboard's user, of the default workspace.</summary>
    public string DashboardCookie { get; set; } = "emulator";

    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrWhiteSpace(DashboardCookie)) yield return "Auth:DashboardCookie is empty; give any value, and send it as the cookie chaser_session.";
        for (var i = 0; i < Keys.Count; i++)
        {
            if (!ApiKeySecret.TryParse(Keys[i], out _))
                yield return $"Auth:Keys:{i} must be cha_live_ or cha_test_ followed by 1 to 128 letters, digits, '-' or '_'.";
        }
    }
}
