using ChaserEmu.Domain;

namespace ChaserEmu.Accounts;

/// <summary>The in-memory part of a workspace: its balance, open sessions and rate limit.</summary>
internal sealed class Account(Workspace workspace, LimitOptions limits)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SessionId, DateTimeOffset> _open = [];
    private readonly SlidingWindowLimiter _creations = new(limits.CreatesPerMinute);
    private long _balance = workspace.BalanceMicroUsd;

    /// <summary>Gets the lock that writes to the workspace enter and that a reset quiesces.</summary>
    public QuiesceLock QuiesceLock { get; } = new();

    /// <summary>Gets or sets whether an imported state does not contain the workspace. Its keys are then rejected.</summary>
    public bool IsRemoved { get; set; }

    public WorkspaceId Workspace => workspace.Id;

    public long BalanceMicroUsd
    {
        get { lock (_lock) return _balance; }
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
            if (limits.Concurrent > 0 && _open.Count >= limits.Concurrent)
            {
                var slotWait = _open.Values.Order().ElementAt(_open.Count - limits.Concurrent) - now;
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

    /// <summary>Resets the account to its initial state. No session may be open.</summary>
    public void Reset(long balanceMicroUsd)
    {
        lock (_lock)
        {
            _balance = balanceMicroUsd;
            _open.Clear();
            _creations.Clear();
        }
    }

    public void AddToBalance(long microUsd)
    {
        lock (_lock) _balance += microUsd;
    }
}
