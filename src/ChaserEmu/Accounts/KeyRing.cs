using ChaserEmu.Domain;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Accounts;

/// <summary>Who makes a request: the workspace of a key, and whether the key is a test-mode one.</summary>
internal sealed record Caller(WorkspaceId Workspace, string KeyPrefix, bool TestMode);

/// <summary>Knows the keys, by their hashes alone.</summary>
internal sealed partial class KeyRing
{
    private readonly AuthMode _mode;
    private readonly HashSet<WorkspaceId> _known = [];

    public KeyRing(IOptions<AuthOptions> options, ILogger<KeyRing> logger)
    {
        _mode = options.Value.Mode;
        var keys = options.Value.Keys;
        if (keys.Count == 0 && _mode is AuthMode.Strict)
        {
            keys = [ApiKeySecret.Generate(testMode: false), ApiKeySecret.Generate(testMode: true)];
            foreach (var key in keys) LogSeeded(logger, key);
        }

        foreach (var text in keys)
        {
            if (ApiKeySecret.TryParse(text, out var key)) _known.Add(WorkspaceOf(key));
        }
    }

    /// <summary>The caller behind a secret, or null when it is malformed or not known.</summary>
    public Caller? Find(string? secret)
    {
        if (!ApiKeySecret.TryParse(secret, out var key)) return null;
        var workspace = WorkspaceOf(key);
        return _mode is AuthMode.Open || _known.Contains(workspace) ? new Caller(workspace, key.Prefix, key.TestMode) : null;
    }

    /// <summary>Each distinct secret has its own workspace, named after the secret's hash so that it is found again after a restart.</summary>
    private static WorkspaceId WorkspaceOf(ApiKeySecret key) => new("ws_" + Convert.ToHexStringLower(key.Hash())[..24]);

    [LoggerMessage(Level = LogLevel.Information, Message = "Strict mode without Auth:Keys; for this run: {Key}")]
    private static partial void LogSeeded(ILogger logger, string key);
}
