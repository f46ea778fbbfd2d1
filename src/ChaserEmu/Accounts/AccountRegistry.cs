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

    /// <summary>The example key if no key is seeded. Open mode accepts it, as any other.</summary>
    public const string UnseededExampleKey = "cha_live_my-laptop";

    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    /// <summary>The times of use that are not persisted yet, by key id.</summary>
    private readonly ConcurrentDictionary<string, DateTimeOffset> _lastUsed = new();
    private readonly HashSet<string> _seededHashes = [];
    private IReadOnlyList<ApiKeySecret> _seededKeys = [];

    /// <summary>Held while keys or workspaces are changed. Not disposed: the last flush may still need it, and it has no handle to free.</summary>
    private readonly SemaphoreSlim _changeLock = new(1, 1);

    /// <summary>An import replaces it as a whole, so that a request never sees a part of a state.</summary>
    private volatile AccountDirectory _directory = new();

    /// <summary>The workspace of the dashboard user: the one of the first seeded key, or <c>ws_default</c>.</summary>
    private WorkspaceId _defaultWorkspace = new("ws_default");

    public Account Default => Accounts[_defaultWorkspace];

    /// <summary>Gets a key that is accepted: the first seeded one, else any in open mode.</summary>
    public string ExampleKey { get; private set; } = UnseededExampleKey;

    /// <summary>Gets the balance of a new workspace.</summary>
    public long FreeCreditMicroUsd => Pricing.GetPrice(billing.Value.FreeBytes);

    /// <summary>Gets the lock that registrations of new workspaces enter, and that a reset or import of all workspaces quiesces.</summary>
    public QuiesceLock RegistrationLock { get; } = new();

    private ConcurrentDictionary<WorkspaceId, Account> Accounts => _directory.Accounts;

    private KeyIndex Keys => _directory.Keys;

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

    public IReadOnlyList<Account> All => [.. Accounts.Values.OrderBy(account => account.Workspace.Value, StringComparer.Ordinal)];

    public Account? Find(WorkspaceId workspace) => Accounts.GetValueOrDefault(workspace);

    /// <summary>Returns the workspace of a key, or for an unknown key the one it would get.</summary>
    public WorkspaceId ResolveWorkspace(ApiKeySecret secret) =>
        Keys.FindByHash(secret.ComputeHash()) is { } key ? key.Workspace : DeriveWorkspace(secret);

    /// <summary>
    /// Resets workspaces to their initial state: with free credit and without keys created over the API. Returns the number of deleted
    /// sessions. The workspaces must be quiesced and have no open session.
    /// </summary>
    public async Task<int> ResetAsync(IReadOnlyList<Account> accounts)
    {
        await _changeLock.WaitAsync();
        try
        {
            var now = clock.GetUtcNow();
            var freshWorkspaces = accounts.Select(account => new FreshWorkspace(
                new Workspace(account.Workspace, now, FreeCreditMicroUsd),
                [
                    .. Keys.InWorkspace(account.Workspace).Where(IsInitial).OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal)
                        .Select(key => key with { CreatedAt = now, LastUsedAt = null, RevokedAt = null }),
                ])).ToList();
            var deletedSessions = await state.ResetAsync(freshWorkspaces);

            foreach (var (workspace, initialKeys) in freshWorkspaces)
            {
                foreach (var key in Keys.InWorkspace(workspace.Id)) _lastUsed.TryRemove(key.Id, out _);
                Keys.Replace(workspace.Id, initialKeys);
            }

            foreach (var (workspace, _) in freshWorkspaces) Accounts[workspace.Id].Reset(workspace);
            return deletedSessions;
        }
        finally
        {
            _changeLock.Release();
        }
    }

    /// <summary>Loads all workspaces and keys from the database and replaces those in memory.</summary>
    /// <param name="prepare">Called for each new workspace before requests can use it.</param>
    public async Task LoadAsync(Func<Account, Task>? prepare = null)
    {
        await _changeLock.WaitAsync();
        try
        {
            var (workspaces, keys) = store.Load();
            var loaded = new AccountDirectory();
            foreach (var key in keys) loaded.Keys.Set(key);
            foreach (var workspace in workspaces)
            {
                var account = Accounts.GetValueOrDefault(workspace.Id) ?? new Account(workspace, limits.Value);
                account.Reset(workspace);
                loaded.Accounts[workspace.Id] = account;
            }

            foreach (var secret in _seededKeys)
            {
                var key = await AddAsync(loaded, ApiKey.Create(secret, DeriveWorkspace(secret), "seeded", clock.GetUtcNow()));
                if (_seededHashes.Count == 0) _defaultWorkspace = key.Workspace;
                _seededHashes.Add(key.Hash);
            }

            await AddWorkspaceAsync(loaded, _defaultWorkspace);
            if (prepare is not null)
            {
                foreach (var added in loaded.Accounts.Values.Where(account => Find(account.Workspace) != account)) await prepare(added);
            }

            var removed = Accounts.Values.Where(account => !loaded.Accounts.ContainsKey(account.Workspace)).ToList();
            _directory = loaded;
            _lastUsed.Clear();
            foreach (var account in removed) account.IsRemoved = true;
        }
        finally
        {
            _changeLock.Release();
        }
    }

    /// <summary>
    /// Sets the balance and the limits of a workspace. Balances change by charges at the same time, so the difference is added. Returns null if an
    /// imported state does not contain the workspace.
    /// </summary>
    /// <param name="account">The workspace.</param>
    /// <param name="balanceMicroUsd">The new balance; null to keep it.</param>
    /// <param name="getLimits">Returns the new limits for the present ones and those of the settings.</param>
    public Task<Account?> UpdateAsync(Account account, long? balanceMicroUsd, Func<WorkspaceLimits, WorkspaceLimits, WorkspaceLimits> getLimits) => ChangeAsync(account, async () =>
    {
        if (account.IsRemoved) return null;
        if (balanceMicroUsd - account.BalanceMicroUsd is { } difference and not 0)
        {
            await store.AddToBalanceAsync(account.Workspace, difference);
            account.AddToBalance(difference);
        }

        var changed = getLimits(account.Limits, new WorkspaceLimits(limits.Value.Concurrent, limits.Value.CreatesPerMinute));
        account.SetLimits(changed.Concurrent, changed.CreatesPerMinute);
        return account;
    });

    /// <summary>Returns the account of a workspace that must exist.</summary>
    public Account Get(WorkspaceId workspace) => Accounts[workspace];

    /// <summary>Returns the caller with this secret, or null if it is malformed, unknown or revoked. In open mode an unknown key is registered.</summary>
    public async ValueTask<Caller?> AuthenticateAsync(string? text)
    {
        if (!ApiKeySecret.TryParse(text, out var secret)) return null;
        var hash = secret.ComputeHash();
        while (true)
        {
            if (_directory.Find(hash) is { } caller) return Validate(caller);
            if (auth.Value.Mode is AuthMode.Strict) return null;
            await RegisterAsync(ApiKey.Create(secret, DeriveWorkspace(hash), secret.ToString(), clock.GetUtcNow()));
        }
    }

    /// <summary>
    /// Runs a write of a caller while no reset is running. An import or reset that the write waited for may have removed the key: then
    /// <c>unauthorized</c> is returned. In open mode a key with its own workspace is registered again instead, as for a new request.
    /// </summary>
    public async Task<(T? Result, ApiError? Error)> RunAsync<T>(Caller caller, Func<Caller, Task<(T? Result, ApiError? Error)>> write)
    {
        for (Caller? current = caller; current is not null; current = await RefreshAsync(current))
        {
            var attempt = current;
            var outcome = await attempt.Account.RunOutsideResetAsync(async () =>
                FindValid(attempt.Key.Hash)?.Account == attempt.Account ? await write(attempt) : ((T? Result, ApiError? Error)?)null);
            if (outcome is { } done) return done;
        }

        return (default, ApiError.Unauthorized);
    }

    /// <summary>Returns why <see cref="AuthenticateAsync"/> rejects a key, in a sentence for its owner. It contains no part of the key.</summary>
    public string ExplainRejection(string? text) =>
        !ApiKeySecret.TryParse(text, out var secret) ? $"A key is cha_live_ or cha_test_ and 1 to 128 letters, digits, - or _, such as {UnseededExampleKey}."
        : Keys.FindByHash(secret.ComputeHash()) is { RevokedAt: { } revokedAt } && revokedAt <= clock.GetUtcNow() ? $"The key was revoked at {revokedAt.ToWire()}."
        : "Auth:Mode is strict: only keys of Auth:Keys and keys created at /v1/keys are accepted.";

    /// <summary>Returns the account of the dashboard cookie, or null. The value is <c>Auth:DashboardCookie</c> for the default workspace, or a key for its workspace.</summary>
    public async ValueTask<Account?> AuthenticateCookieAsync(string? cookie)
    {
        if (string.IsNullOrEmpty(cookie)) return null;
        var isDefaultUser = CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(cookie), Encoding.UTF8.GetBytes(auth.Value.DashboardCookie));
        return isDefaultUser ? Default : (await AuthenticateAsync(cookie))?.Account;
    }

    /// <summary>Returns the keys of a workspace, oldest first.</summary>
    public IReadOnlyList<ApiKey> ListKeys(WorkspaceId workspace) =>
        [.. Keys.InWorkspace(workspace).Select(WithLastUsed).OrderBy(key => key.CreatedAt).ThenBy(key => key.Id, StringComparer.Ordinal)];

    public ApiKey? FindKey(string id) => Keys.FindById(id);

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
        var texts = auth.Value.ReadKeys();
        if (texts.Count == 0 && auth.Value.Mode is AuthMode.Strict)
        {
            texts = [Generate(testMode: false), Generate(testMode: true)];
            foreach (var text in texts) LogSeeded(logger, text);
        }

        if (texts.Count > 0) ExampleKey = texts[0];
        foreach (var text in texts)
        {
            if (ApiKeySecret.TryParse(text, out var secret)) yield return secret;
        }
    }

    /// <summary>Returns the caller with a key as it is now, or null if the key is not valid.</summary>
    private async Task<Caller?> RefreshAsync(Caller caller)
    {
        var isOwn = caller.Key.Workspace == DeriveWorkspace(caller.Key.Hash);
        if (isOwn && auth.Value.Mode is AuthMode.Open && _directory.Find(caller.Key.Hash) is null)
            await RegisterAsync(caller.Key with { CreatedAt = clock.GetUtcNow(), LastUsedAt = null, RevokedAt = null });
        return FindValid(caller.Key.Hash);
    }

    private Caller? FindValid(string hash) => _directory.Find(hash) is { } caller ? Validate(caller) : null;

    /// <summary>Returns the caller and records that its key is used; null if the key is not valid.</summary>
    private Caller? Validate(Caller caller)
    {
        var now = clock.GetUtcNow();
        if (!caller.Key.IsValid(now) || (auth.Value.Mode is AuthMode.Strict && !IsIssued(caller.Key))) return null;
        _lastUsed[caller.Key.Id] = now;
        return caller;
    }

    /// <summary>Registers a key and its workspace, once even for concurrent calls. Waits while all workspaces are reset or replaced.</summary>
    private async Task RegisterAsync(ApiKey key)
    {
        await RegistrationLock.EnterAsync();
        try
        {
            await _changeLock.WaitAsync();
            try
            {
                await AddAsync(_directory, key);
            }
            finally
            {
                _changeLock.Release();
            }
        }
        finally
        {
            RegistrationLock.Exit();
        }
    }

    /// <summary>Persists a key with its workspace and adds it to memory, unless it is known. Returns the known key.</summary>
    private async Task<ApiKey> AddAsync(AccountDirectory directory, ApiKey key)
    {
        if (directory.Keys.FindByHash(key.Hash) is { } known) return known;
        await AddWorkspaceAsync(directory, key.Workspace, key);
        directory.Keys.Set(key);
        return key;
    }

    /// <summary>Persists a workspace with its key and adds it to memory.</summary>
    private async Task AddWorkspaceAsync(AccountDirectory directory, WorkspaceId id, ApiKey? key = null)
    {
        if (key is null && directory.Accounts.ContainsKey(id)) return;
        var workspace = new Workspace(id, clock.GetUtcNow(), FreeCreditMicroUsd);
        await store.AddAsync(workspace, key);
        directory.Accounts.TryAdd(id, new Account(workspace, limits.Value));
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
            var keys = used.Select(entry => Keys.FindById(entry.Key) is { } key && key.LastUsedAt != entry.Value ? key with { LastUsedAt = entry.Value } : null).OfType<ApiKey>().ToList();
            if (keys.Count > 0) await store.RecordLastUsedAsync(keys);
            foreach (var key in keys) Keys.Set(key);

            // Not those that were used again in the meantime.
            foreach (var entry in used) _lastUsed.TryRemove(entry);
        }
        finally
        {
            _changeLock.Release();
        }
    }

    /// <summary>The workspaces and keys of one state.</summary>
    private sealed class AccountDirectory
    {
        public ConcurrentDictionary<WorkspaceId, Account> Accounts { get; } = new();

        public KeyIndex Keys { get; } = new();

        public Caller? Find(string hash) => Keys.FindByHash(hash) is { } key ? new Caller(Accounts[key.Workspace], key) : null;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Could not persist the last-used times of keys; retrying in a second")]
    private static partial void LogFlushFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventName = GeneratedKeyEvent, Level = LogLevel.Information, Message = "Auth:Mode is strict and Auth:Keys is empty; generated a key for this run: {Key}")]
    private static partial void LogSeeded(ILogger logger, string key);
}
