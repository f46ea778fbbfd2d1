using ChaserEmu.Domain;

namespace ChaserEmu.Accounts;

/// <summary>Operations on keys. Each is one write: a key, its revocation and its audit event are persisted together or not at all.</summary>
internal sealed partial class AccountRegistry
{
    /// <summary>Creates a key. Returns <c>unauthorized</c> if an imported state does not contain the workspace.</summary>
    public Task<(CreatedKey? Created, ApiError? Error)> CreateKeyAsync(Account account, string name, bool testMode) =>
        ChangeAsync<(CreatedKey?, ApiError?)>(account, async () =>
        {
            if (account.IsRemoved) return (null, ApiError.Unauthorized);
            var created = GenerateKey(account.Workspace, name, testMode);
            await store.AddKeyAsync(created.Key, AuditEvent.ForKey(created.Key, created.Key.CreatedAt, "key.created", name));
            Replace(created.Key);
            return (created, null);
        });

    /// <summary>
    /// Creates a key with the name and mode of another, which stays valid for <paramref name="grace"/>. A key is rotated once: further
    /// calls return an error, as for a revoked key.
    /// </summary>
    public Task<(CreatedKey? Created, ApiError? Error)> RotateKeyAsync(Account account, string id, TimeSpan grace) =>
        ChangeAsync<(CreatedKey?, ApiError?)>(account, async () =>
        {
            var (key, error) = FindKey(account, id);
            if (key is null) return (null, error);
            if (key.RevokedAt is not null) return (null, ApiError.KeyRevoked);
            var created = GenerateKey(key.Workspace, key.Name, key.TestMode);
            var rotated = key with { RevokedAt = created.Key.CreatedAt + grace };
            await store.RotateAsync(rotated, created.Key, AuditEvent.ForKey(key, created.Key.CreatedAt, "key.rotated", created.Key.Id));
            Replace(rotated);
            Replace(created.Key);
            return (created, null);
        });

    /// <summary>Revokes a key immediately, also during its grace period. Has no effect on a key that is revoked already.</summary>
    public Task<ApiError?> RevokeKeyAsync(Account account, string id) => ChangeAsync(account, async () =>
    {
        var (key, error) = FindKey(account, id);
        var now = clock.GetUtcNow();
        if (key is null || !key.IsValid(now)) return error;
        var revoked = key with { RevokedAt = now };
        await store.RevokeAsync(revoked, AuditEvent.ForKey(key, now, "key.revoked", key.Name));
        Replace(revoked);
        return null;
    });

    /// <summary>
    /// Runs a change of keys while no reset and no other change is running, so that what it checks is still true when it writes. Wakes the
    /// followers of the audit log afterwards.
    /// </summary>
    private Task<T> ChangeAsync<T>(Account account, Func<Task<T>> change) => account.RunOutsideResetAsync(async () =>
    {
        await _changeLock.WaitAsync();
        try
        {
            return await change();
        }
        finally
        {
            _changeLock.Release();
            audit.NotifyFollowers(account.Workspace);
        }
    });

    private (ApiKey? Key, ApiError? Error) FindKey(Account account, string id) => FindKey(id) switch
    {
        null => (null, ApiError.KeyNotFound),
        { Workspace: var workspace } when workspace != account.Workspace => (null, ApiError.KeyForbidden),
        var key => (key, null),
    };

    /// <summary>Generates a key. Skips known ones: with a seed, the sequence of secrets starts again after a restart on the same data.</summary>
    private CreatedKey GenerateKey(WorkspaceId workspace, string name, bool testMode)
    {
        while (true)
        {
            var text = Generate(testMode);
            if (!ApiKeySecret.TryParse(text, out var secret)) throw new InvalidOperationException("A generated key is malformed.");
            if (Keys.FindByHash(secret.ComputeHash()) is null) return new CreatedKey(ApiKey.Create(secret, workspace, name, clock.GetUtcNow()), text);
        }
    }

    private void Replace(ApiKey key) => Keys.Set(key);
}
