using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using ChaserEmu.Domain;
using ChaserEmu.Storage;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Accounts;

/// <summary>The authenticated caller of a request: its key and account.</summary>
internal sealed record Caller(Account Account, ApiKey Key)
{
    public WorkspaceId Workspace => Account.Workspace;
}

/// <summary>Holds all workspaces and keys in memory. Of a key's secret only the hash is kept.</summary>
internal sealed partial class AccountRegistry(
    AccountStore store,
    StateStore state,
    AuditLog audit,
    RandomSource random,
    EmulatedClock clock,
    IOptions<AuthOptions> auth,
    IOptions<LimitOptions> limits,
    IOptions<BillingOptions> billing,
    ILogger<AccountRegistry> logger) : BackgroundService
{
    /// <summary>The log event that shows a generated key, which its user cannot learn otherwise.</summary>
    public const string GeneratedKeyEvent = "GeneratedKey";

    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<WorkspaceId, Account> _accounts = new();
    private readonly KeyIndex _keys = new();

    /// <summary>The times of use that are not persisted yet, by key id.</summary>
    private readonly ConcurrentDictionary<string, DateTimeOffset> _lastUsed = new();
    private readonly HashSet<string> _seededHashes = [];
    private IReadOnlyList<ApiKeySecret> _seededKeys = [];

    /// <summary>Held while keys or workspaces are changed. Not disposed: the last flush may still need it, and it has no handle to free.</summary>
    private readonly SemaphoreSlim _changeLock = new(1, 1);

    /// <summary>The workspace of the dashboard user: the one of the first seeded key, or <c>ws_default</c>.</summary>
    private WorkspaceId _defaultWorkspace = new("ws_default");

    public Account Default => _accounts[_defaultWorkspace];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _seededKeys = [.. ReadSeededKeys()];
        await LoadAsync();
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Flushes a last time. Not in Dispose: after a failed start, storage is disposed already.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryFlushAsync();
    }

    public IReadOnlyList<Account> All => [.. _accounts.Values.OrderBy(account => account.Workspace.Value, StringComparer.Ordinal)];

    public Account? Find(WorkspaceId workspace) => _accounts.GetValueOrDefault(workspace);

    /// <summary>Returns the workspace of a key, or for an unknown key the one it would get.</summary>
    public WorkspaceId ResolveWorkspace(ApiKeySecret secret) =>
        _keys.FindByHash(secret.ComputeHash()) is { } key ? key.Workspace : DeriveWorkspace(secret);

    /// <summary>
    /// Resets workspaces to their initial state: with free credit and without keys created over the API. Returns the number of deleted
    /// sessions. The workspaces must be quiesced and have no open session.
    /// </summary>
    public async Task<int> ResetAsync(IReadOnlyList<Account> accounts)
    {
        await _changeLock.WaitAsync();
        try
        {
            var freeCredit = Pricing.GetPrice(billing.Value.FreeBytes);
            var now = clock.GetUtcNow();
            var freshWorkspaces = accounts.Select(account => new FreshWorkspace(
                new Workspace(account.Workspace, now, freeCredit),
                [
                    .. _keys.InWorkspace(account.Workspace).Where(IsInitial).OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal)
                        .Select(key => key with { CreatedAt = now, LastUsedAt = null, RevokedAt = null }),
                ])).ToList();
            var deletedSessions = await state.ResetAsync(freshWorkspaces);

            foreach (var (workspace, initialKeys) in freshWorkspaces)
            {
                foreach (var key in _keys.InWorkspace(workspace.Id)) _lastUsed.TryRemove(key.Id, out _);
                _keys.Replace(workspace.Id, initialKeys);
            }

            foreach (var account in accounts) account.Reset(freeCredit);
            return deletedSessions;
        }
        finally
        {
            _changeLock.Release();
        }
    }

    /// <summary>Loads all workspaces and keys from the database and replaces those in memory.</summary>
    public async Task LoadAsync()
    {
        await _changeLock.WaitAsync();
        try
        {
            var (workspaces, keys) = store.Load();
            _keys.Clear();
            _lastUsed.Clear();
            foreach (var key in keys) _keys.Set(key);
            foreach (var removed in _accounts.Keys.Except(workspaces.Select(workspace => workspace.Id)))
            {
                if (_accounts.TryRemove(removed, out var account)) account.IsRemoved = true;
            }

            foreach (var workspace in workspaces)
                _accounts.GetOrAdd(workspace.Id, _ => new Account(workspace, limits.Value)).Reset(workspace.BalanceMicroUsd);
        }
        finally
        {
            _changeLock.Release();
        }

        foreach (var secret in _seededKeys)
        {
            var key = await RegisterAsync(secret, DeriveWorkspace(secret), "seeded");
            if (_seededHashes.Count == 0) _defaultWorkspace = key.Workspace;
            _seededHashes.Add(key.Hash);
        }

        await AddWorkspaceAsync(_defaultWorkspace);
    }

    /// <summary>Returns the account of a workspace that must exist.</summary>
    public Account Get(WorkspaceId workspace) => _accounts[workspace];

    /// <summary>Returns the caller with this secret, or null if it is malformed, unknown or revoked. In open mode an unknown key is registered.</summary>
    public async ValueTask<Caller?> AuthenticateAsync(string? text)
    {
        if (!ApiKeySecret.TryParse(text, out var secret)) return null;
        if (_keys.FindByHash(secret.ComputeHash()) is not { } key)
        {
            if (auth.Value.Mode is AuthMode.Strict) return null;
            key = await RegisterAsync(secret, DeriveWorkspace(secret), secret.ToString());
        }

        var now = clock.GetUtcNow();
        if (!key.IsValid(now) || (auth.Value.Mode is AuthMode.Strict && !IsIssued(key))) return null;
        _lastUsed[key.Id] = now;
        return new Caller(_accounts[key.Workspace], key);
    }

    /// <summary>Returns the account of the dashboard cookie, or null. The value is <c>Auth:DashboardCookie</c> for the default workspace, or a key for its workspace.</summary>
    public async ValueTask<Account?> AuthenticateCookieAsync(string? cookie)
    {
        if (string.IsNullOrEmpty(cookie)) return null;
        var isDefaultUser = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(cookie), Encoding.UTF8.GetBytes(auth.Value.DashboardCookie));
        return isDefaultUser ? Default : (await AuthenticateAsync(cookie))?.Account;
    }

    /// <summary>Returns the keys of a workspace, oldest first.</summary>
    public IReadOnlyList<ApiKey> ListKeys(WorkspaceId workspace) =>
        [.. _keys.InWorkspace(workspace).Select(WithLastUsed).OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal)];

    public ApiKey? FindKey(string id) => _keys.FindById(id);

    /// <summary>Flushes the last-used times of keys every second.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(FlushInterval, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await TryFlushAsync();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The emulator is stopping.
        }
    }

    private string Generate(bool testMode)
    {
        Span<byte> bytes = stackalloc byte[ApiKeySecret.RandomLength];
        random.Fill("key_secret", bytes);
        return ApiKeySecret.Generate(testMode, bytes);
    }

    /// <summary>Returns whether a key survives a reset: it was seeded, or its workspace was created for it in open mode.</summary>
    private bool IsInitial(ApiKey key) => _seededHashes.Contains(key.Hash) || key.Workspace == DeriveWorkspace(key.Hash);

    /// <summary>Returns whether strict mode accepts a key: it was seeded or created over the API, not registered in open mode.</summary>
    private bool IsIssued(ApiKey key) => _seededHashes.Contains(key.Hash) || key.Workspace != DeriveWorkspace(key.Hash);

    private static WorkspaceId DeriveWorkspace(string hash) => new("ws_" + hash[..24]);

    /// <summary>Returns the workspace that open mode creates for a key.</summary>
    public static WorkspaceId DeriveWorkspace(ApiKeySecret secret) => DeriveWorkspace(secret.ComputeHash());

    private IEnumerable<ApiKeySecret> ReadSeededKeys()
    {
        var texts = auth.Value.Keys;
        if (texts.Count == 0 && auth.Value.Mode is AuthMode.Strict)
        {
            texts = [Generate(testMode: false), Generate(testMode: true)];
            foreach (var text in texts) LogSeeded(logger, text);
        }

        foreach (var text in texts)
        {
            if (ApiKeySecret.TryParse(text, out var secret)) yield return secret;
        }
    }

    /// <summary>Registers a key and its workspace, once even for concurrent calls.</summary>
    private async Task<ApiKey> RegisterAsync(ApiKeySecret secret, WorkspaceId workspace, string name)
    {
        await _changeLock.WaitAsync();
        try
        {
            if (_keys.FindByHash(secret.ComputeHash()) is { } known) return known;
            var key = ApiKey.Create(secret, workspace, name, clock.GetUtcNow());
            await AddWorkspaceAsync(workspace, key);
            _keys.Set(key);
            return key;
        }
        finally
        {
            _changeLock.Release();
        }
    }

    /// <summary>Persists a workspace with its key and adds it to memory.</summary>
    private async Task AddWorkspaceAsync(WorkspaceId id, ApiKey? key = null)
    {
        if (key is null && _accounts.ContainsKey(id)) return;
        var workspace = new Workspace(id, clock.GetUtcNow(), Pricing.GetPrice(billing.Value.FreeBytes));
        await store.AddAsync(workspace, key);
        _accounts.TryAdd(id, new Account(workspace, limits.Value));
    }

    private ApiKey WithLastUsed(ApiKey key) => _lastUsed.TryGetValue(key.Id, out var used) ? key with { LastUsedAt = used } : key;

    private async Task TryFlushAsync()
    {
        try
        {
            await FlushLastUsedAsync();
        }
        catch (StorageUnavailableException)
        {
            // StorageHealth has logged it.
        }
        catch (Exception exception)
        {
            LogFlushFailed(logger, exception);
        }
    }

    /// <summary>Persists the last-used times of keys.</summary>
    public async Task FlushLastUsedAsync()
    {
        await _changeLock.WaitAsync();
        try
        {
            var used = _lastUsed.ToArray();
            var keys = used.Select(entry => _keys.FindById(entry.Key) is { } key && key.LastUsedAt != entry.Value ? key with { LastUsedAt = entry.Value } : null).OfType<ApiKey>().ToList();
            if (keys.Count > 0) await store.RecordLastUsedAsync(keys);
            foreach (var key in keys) _keys.Set(key);

            // Not those that were used again in the meantime.
            foreach (var entry in used) _lastUsed.TryRemove(entry);
        }
        finally
        {
            _changeLock.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Could not persist the last-used times of keys; retrying in a second")]
    private static partial void LogFlushFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventName = GeneratedKeyEvent, Level = LogLevel.Information, Message = "Auth:Mode is strict and Auth:Keys is empty; generated a key for this run: {Key}")]
    private static partial void LogSeeded(ILogger logger, string key);
}
