using ChaserEmu.Domain;

namespace ChaserEmu.Accounts;

/// <summary>The live half of a workspace: its balance, its open sessions, and how many it made of late.</summary>
internal sealed class Account(Workspace recorded, LimitOptions limits)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<SessionId, DateTimeOffset> _open = [];
    private readonly SlidingWindowLimiter _creations = new(limits.CreatesPerMinute);
    private long _balance = recorded.BalanceMicroUsd;

    /// <summary>What changes the workspace goes through it.</summary>
    public QuiesceLock QuiesceLock { get; } = new();

    /// <summary>Another state was imported, in which it is not: nothing more can be done in it.</summary>
    public bool IsRemoved { get; set; }

    public WorkspaceId Workspace => recorded.Id;

    public long BalanceMicroUsd
    {
        get { lock (_gate) return _balance; }
    }

    public int OpenSessions
    {
        get { lock (_gate) return _open.Count; }
    }

    /// <summary>Takes a session's place until <see cref="ReleaseSlot"/>, or says why there is none: no balance, too many open, too many made in a minute.</summary>
    public ApiError? ReserveSlot(SessionId session, DateTimeOffset now, DateTimeOffset expiresAt)
    {
        lock (_gate)
        {
            if (_balance <= 0) return ApiError.PaymentRequired;

            var wait = _creations.GetRetryAfter(now);

            // By then so many of those open have reached their TTL that there is room; there may be sooner.
            if (limits.Concurrent > 0 && _open.Count >= limits.Concurrent)
            {
                var room = _open.Values.Order().ElementAt(_open.Count - limits.Concurrent) - now;
                return ApiError.ConcurrencyLimit with { RetryAfter = room > wait || wait is null ? room : wait };
            }

            if (wait is not null) return ApiError.RateLimited with { RetryAfter = wait };
            _creations.Acquire(now);
            _open.Add(session, expiresAt);
            return null;
        }
    }

    public void ReleaseSlot(SessionId session)
    {
        lock (_gate) _open.Remove(session);
    }

    /// <summary>Makes a change, when no reset is under way and with none coming in between.</summary>
    public async Task<T> RunOutsideResetAsync<T>(Func<Task<T>> change)
    {
        await QuiesceLock.EnterAsync();
        try
        {
            return await change();
        }
        finally
        {
            QuiesceLock.Exit();
        }
    }

    /// <summary>As if nothing had been done yet. No session of it is open.</summary>
    public void Reset(long balanceMicroUsd)
    {
        lock (_gate)
        {
            _balance = balanceMicroUsd;
            _open.Clear();
            _creations.Clear();
        }
    }

    public void AddToBalance(long microUsd)
    {
        lock (_gate) _balance += microUsd;
    }
}
