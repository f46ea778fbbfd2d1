using ChaserEmu.Domain;

namespace ChaserEmu.Accounts;

/// <summary>The in-memory part of a workspace: its balance, open sessions and rate limit.</summary>
internal sealed class Account(Workspace workspace, LimitOptions limits)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SessionId, DateTimeOffset> _open = [];
    private readonly SlidingWindowLimiter _creations = new(limits.CreatesPerMinute);
    private long _balance = workspace.BalanceMicroUsd;
    private DateTimeOffset _createdAt = workspace.CreatedAt;
    private int _concurrent = limits.Concurrent;

    /// <summary>Gets the lock that writes to the workspace enter and that a reset quiesces.</summary>
    public QuiesceLock QuiesceLock { get; } = new();

    /// <summary>Gets or sets whether an imported state does not contain the workspace. Its keys are then rejected.</summary>
    public bool IsRemoved { get; set; }

    public WorkspaceId Workspace => workspace.Id;

    public DateTimeOffset CreatedAt
    {
        get { lock (_lock) return _createdAt; }
    }

    public long BalanceMicroUsd
    {
        get { lock (_lock) return _balance; }
    }

    /// <summary>Gets the limits that apply: those of the settings, unless <see cref="SetLimits"/> changed them since the last reset.</summary>
    public WorkspaceLimits Limits
    {
        get { lock (_lock) return new WorkspaceLimits(_concurrent, _creations.Limit); }
    }

    public int OpenSessions
    {
        get { lock (_lock) return _open.Count; }
    }

    /// <summary>Reserves a slot for a session until <see cref="ReleaseSlot"/>. Returns an error instead if the balance is used up or a limit is reached.</summary>
    public ApiError? ReserveSlot(SessionId session, DateTimeOffset now, DateTimeOffset expiresAt)
    {
        lock (_lock)
        {
            if (_balance <= 0) return ApiError.PaymentRequired;

            var rateLimitWait = _creations.GetRetryAfter(now);

            // Retry-After is the time until enough open sessions have reached their TTL; a slot can become free earlier.
            if (_concurrent > 0 && _open.Count >= _concurrent)
            {
                var slotWait = _open.Values.Order().ElementAt(_open.Count - _concurrent) - now;
                return ApiError.ConcurrencyLimit with { RetryAfter = slotWait > rateLimitWait || rateLimitWait is null ? slotWait : rateLimitWait };
            }

            if (rateLimitWait is not null) return ApiError.RateLimited with { RetryAfter = rateLimitWait };
            _creations.Acquire(now);
            _open.Add(session, expiresAt);
            return null;
        }
    }

    public void ReleaseSlot(SessionId session)
    {
        lock (_lock) _open.Remove(session);
    }

    /// <summary>Runs a write to the workspace while no reset is running. A reset waits until the write is complete.</summary>
    public async Task<T> RunOutsideResetAsync<T>(Func<Task<T>> write)
    {
        await QuiesceLock.EnterAsync();
        try
        {
            return await write();
        }
        finally
        {
            QuiesceLock.Exit();
        }
    }

    /// <summary>Resets the account to the state of a workspace, with the limits of the settings. No session may be open.</summary>
    public void Reset(Workspace fresh)
    {
        lock (_lock)
        {
            (_balance, _createdAt) = (fresh.BalanceMicroUsd, fresh.CreatedAt);
            _open.Clear();
            _creations.Clear();
        }

        SetLimits(limits.Concurrent, limits.CreatesPerMinute);
    }

    /// <summary>Changes the limits; 0 means unlimited. Open sessions stay open.</summary>
    public void SetLimits(int concurrent, int createsPerMinute)
    {
        lock (_lock) (_concurrent, _creations.Limit) = (concurrent, createsPerMinute);
    }

    public void AddToBalance(long microUsd)
    {
        lock (_lock) _balance += microUsd;
    }
}
