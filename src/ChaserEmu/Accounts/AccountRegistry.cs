using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using ChaserEmu.Domain;
using ChaserEmu.Storage;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Accounts;

/// <summary>Who makes a request: the key and the account it names.</summary>
internal sealed record Caller(Account Account, ApiKey Key)
{
    public WorkspaceId Workspace => Account.Workspace;
}

/// <summary>All workspaces and keys. Keys are known by their hashes alone.</summary>
internal sealed partial class AccountRegistry(
    AccountStore store,
    StateStore state,
    RandomSource chance,
    EmulatedClock clock,
    IOptions<AuthOptions> auth,
    IOptions<LimitOptions> limits,
    IOptions<BillingOptions> billing,
    ILogger<AccountRegistry> logger) : BackgroundService
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<WorkspaceId, Account> _accounts = new();
    private readonly ConcurrentDictionary<string, ApiKey> _byHash = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _lastUsed = new();
    private readonly HashSet<string> _seeded = [];
    private IReadOnlyList<ApiKeySecret> _seeds = [];

    /// <summary>Held while a key is added or revoked. Not disposed, which frees nothing of it: the last flush may still want it then.</summary>
    private readonly SemaphoreSlim _changing = new(1, 1);

    /// <summary>The dashboard user's: that of the first seeded key, or one of its own.</summary>
    private WorkspaceId _default = new("ws_default");

    public Account Default => _accounts[_default];

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        _seeds = [.. Seeds()];
        await LoadAsync();
        await base.StartAsync(cancellationToken);
    }

    /// <summary>The last flush is part of an orderly stop. After a start that failed there is none, and everything is disposed of at once.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryFlushAsync();
    }

    public IReadOnlyList<Account> All => [.. _accounts.Values.OrderBy(account => account.Workspace.Value, StringComparer.Ordinal)];

    public Account? Find(WorkspaceId workspace) => _accounts.GetValueOrDefault(workspace);

    /// <summary>The workspace that a key is for, or would be for if it was used.</summary>
    public WorkspaceId ResolveWorkspace(ApiKeySecret secret) =>
        _byHash.TryGetValue(secret.ComputeHash(), out var key) ? key.Workspace : DeriveWorkspace(secret);

    /// <summary>
    /// Puts workspaces back to how they were when they were first seen: with their free credit, and without the keys that were
    /// made over the API. Their gates are shut and no session of theirs is open. Says how many sessions are gone.
    /// </summary>
    public async Task<int> ResetAsync(IReadOnlyList<Account> emptied)
    {
        await _changing.WaitAsync();
        try
        {
            var free = Pricing.GetPrice(billing.Value.FreeBytes);
            var now = clock.GetUtcNow();
            var workspaces = emptied.Select(account => account.Workspace).ToHashSet();
            var keys = _byHash.Values.Where(key => workspaces.Contains(key.Workspace)).ToLookup(key => key.Workspace);
            var fresh = emptied.Select(account => new FreshWorkspace(
                new Workspace(account.Workspace, now, free),
                [
                    .. keys[account.Workspace].Where(IsOwn).OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal)
                        .Select(key => key with { CreatedAt = now, LastUsedAt = null, RevokedAt = null }),
                ])).ToList();
            var gone = await state.ResetAsync(fresh);

            foreach (var key in keys.SelectMany(group => group))
            {
                _byHash.TryRemove(key.Hash, out _);
                _lastUsed.TryRemove(key.Id, out _);
            }

            foreach (var key in fresh.SelectMany(workspace => workspace.Keys)) _byHash[key.Hash] = key;
            foreach (var account in emptied) account.Reset(free);
            return gone;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Takes in what the database holds by now, in place of what was known.</summary>
    public async Task LoadAsync()
    {
        await _changing.WaitAsync();
        try
        {
            var (workspaces, keys) = store.Load();
            _byHash.Clear();
            _lastUsed.Clear();
            foreach (var key in keys) _byHash[key.Hash] = key;
            foreach (var gone in _accounts.Keys.Except(workspaces.Select(workspace => workspace.Id)))
            {
                if (_accounts.TryRemove(gone, out var account)) account.IsRemoved = true;
            }

            foreach (var workspace in workspaces)
                _accounts.GetOrAdd(workspace.Id, _ => new Account(workspace, limits.Value)).Reset(workspace.BalanceMicroUsd);
        }
        finally
        {
            _changing.Release();
        }

        foreach (var secret in _seeds)
        {
            var key = await RegisterAsync(secret, DeriveWorkspace(secret), "seeded");
            if (_seeded.Count == 0) _default = key.Workspace;
            _seeded.Add(key.Hash);
        }

        await OpenAsync(_default);
    }

    /// <summary>The account of a workspace that is known.</summary>
    public Account Get(WorkspaceId workspace) => _accounts[workspace];

    /// <summary>The caller behind a secret; null when it is malformed, unknown or revoked. In open mode a new one is made known.</summary>
    public async ValueTask<Caller?> AuthenticateAsync(string? text)
    {
        if (!ApiKeySecret.TryParse(text, out var secret)) return null;
        if (!_byHash.TryGetValue(secret.ComputeHash(), out var key))
        {
            if (auth.Value.Mode is AuthMode.Strict) return null;
            key = await RegisterAsync(secret, DeriveWorkspace(secret), secret.ToString());
        }

        var now = clock.GetUtcNow();
        if (!key.IsValid(now) || (auth.Value.Mode is AuthMode.Strict && !IsIssued(key))) return null;
        _lastUsed[key.Id] = now;
        return new Caller(_accounts[key.Workspace], key);
    }

    /// <summary>The account behind the dashboard's cookie: the configured value is the default workspace's user, a key is its own workspace's.</summary>
    public async ValueTask<Account?> AuthenticateCookieAsync(string? cookie)
    {
        if (string.IsNullOrEmpty(cookie)) return null;
        var same = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(cookie), Encoding.UTF8.GetBytes(auth.Value.DashboardCookie));
        return same ? Default : (await AuthenticateAsync(cookie))?.Account;
    }

    /// <summary>A workspace's keys, oldest first.</summary>
    public IReadOnlyList<ApiKey> ListKeys(WorkspaceId workspace) =>
        [.. _byHash.Values.Where(key => key.Workspace == workspace).Select(WithLastUse).OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal)];

    public ApiKey? FindKey(string id) => _byHash.Values.FirstOrDefault(key => key.Id == id);

    /// <summary>Makes a key, and gives its secret, which nobody can read again.</summary>
    public async Task<(ApiKey Key, string Secret)> CreateKeyAsync(WorkspaceId workspace, string name, bool testMode)
    {
        var text = Generate(testMode);
        if (!ApiKeySecret.TryParse(text, out var secret)) throw new InvalidOperationException("A generated key is malformed.");
        return (await RegisterAsync(secret, workspace, name), text);
    }

    /// <summary>Refuses a key from <paramref name="at"/> on. False when it is refused by then already, which stays so.</summary>
    public async Task<bool> RevokeAsync(ApiKey key, DateTimeOffset at)
    {
        await _changing.WaitAsync();
        try
        {
            if (!_byHash[key.Hash].IsValid(at)) return false;
            await store.RevokeAsync(key.Id, at);
            _byHash.AddOrUpdate(key.Hash, key, (_, current) => current with { RevokedAt = at });
            return true;
        }
        finally
        {
            _changing.Release();
        }
    }

    public async Task CreditAsync(Account account, long microUsd)
    {
        await store.CreditAsync(account.Workspace, microUsd);
        account.AddToBalance(microUsd);
    }

    /// <summary>When keys were last used is kept in memory, and recorded about once a second.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(FlushInterval, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken)) await TryFlushAsync();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    private string Generate(bool testMode)
    {
        Span<byte> random = stackalloc byte[ApiKeySecret.RandomLength];
        chance.Fill("key_secret", random);
        return ApiKeySecret.Generate(testMode, random);
    }

    /// <summary>Whether a key is one that a workspace begins with: seeded, or the one that named it.</summary>
    private bool IsOwn(ApiKey key) => _seeded.Contains(key.Hash) || key.Workspace == DeriveWorkspace(key.Hash);

    /// <summary>Whether a key was seeded or made over the API, and not merely taken in by an earlier run in open mode.</summary>
    private bool IsIssued(ApiKey key) => _seeded.Contains(key.Hash) || key.Workspace != DeriveWorkspace(key.Hash);

    private static WorkspaceId DeriveWorkspace(string hash) => new("ws_" + hash[..24]);

    /// <summary>The workspace that a key names by itself.</summary>
    public static WorkspaceId DeriveWorkspace(ApiKeySecret secret) => DeriveWorkspace(secret.ComputeHash());

    private IEnumerable<ApiKeySecret> Seeds()
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

    /// <summary>Makes a key known, once, however many ask at the same time.</summary>
    private async Task<ApiKey> RegisterAsync(ApiKeySecret secret, WorkspaceId workspace, string name)
    {
        await _changing.WaitAsync();
        try
        {
            if (_byHash.TryGetValue(secret.ComputeHash(), out var known)) return known;
            var key = ApiKey.Create(secret, workspace, name, clock.GetUtcNow());
            await OpenAsync(workspace, key);
            return _byHash[key.Hash] = key;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Makes a workspace known, and records it with its key.</summary>
    private async Task OpenAsync(WorkspaceId id, ApiKey? key = null)
    {
        if (key is null && _accounts.ContainsKey(id)) return;
        var workspace = new Workspace(id, clock.GetUtcNow(), Pricing.GetPrice(billing.Value.FreeBytes));
        await store.AddAsync(workspace, key);
        _accounts.TryAdd(id, new Account(workspace, limits.Value));
    }

    private ApiKey WithLastUse(ApiKey key) => _lastUsed.TryGetValue(key.Id, out var used) ? key with { LastUsedAt = used } : key;

    private async Task TryFlushAsync()
    {
        try
        {
            await FlushLastUsedAsync();
        }
        catch (StorageUnavailableException)
        {
            // Which has been said.
        }
        catch (Exception failure)
        {
            LogFlushFailed(logger, failure);
        }
    }

    /// <summary>Records when keys were last used.</summary>
    public async Task FlushLastUsedAsync()
    {
        await _changing.WaitAsync();
        try
        {
            var used = _byHash.Values.Where(key => _lastUsed.TryGetValue(key.Id, out var at) && at != key.LastUsedAt).Select(WithLastUse).ToList();
            if (used.Count == 0) return;
            await store.RecordLastUsedAsync(used);
            foreach (var key in used) _byHash[key.Hash] = _byHash[key.Hash] with { LastUsedAt = key.LastUsedAt };
        }
        finally
        {
            _changing.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "When keys were last used could not be recorded; trying again in a second")]
    private static partial void LogFlushFailed(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "Strict mode without Auth:Keys; for this run: {Key}")]
    private static partial void LogSeeded(ILogger logger, string key);
}
