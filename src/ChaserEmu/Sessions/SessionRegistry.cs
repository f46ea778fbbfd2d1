using System.Collections.Concurrent;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Storage;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Sessions;

/// <summary>A session that was created, and what a fault does to it, if any.</summary>
internal sealed record SessionCreation(Session Session, SessionFault? Fault);

/// <summary>The result of deleting a session.</summary>
internal enum DeleteResult
{
    Deleted,
    NotFound,
    NotOpen,
}

/// <summary>Finds, creates and ends sessions. Open sessions are in memory; ended ones are read from the database.</summary>
internal sealed partial class SessionRegistry(
    SessionRunner runner,
    SessionStore store,
    AccountRegistry accounts,
    EmulatedClock clock,
    SessionIdGenerator ids,
    RandomSource random,
    AuditLog audit,
    SessionEvents events,
    DeadlineQueue deadlines,
    PendingWork pendingWork,
    FaultRegistry faultRegistry,
    IOptions<SessionOptions> options,
    ILogger<SessionRegistry> logger)
{
    private static readonly TimeSpan MaxEndWait = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<SessionId, LiveSession> _live = new();

    private volatile bool _closing;

    /// <summary>Enumerates the open sessions. The enumeration is not a snapshot: sessions may be added and removed meanwhile.</summary>
    public IEnumerable<LiveSession> Live => _live.Select(entry => entry.Value);

    /// <summary>
    /// Creates, persists and starts a session. Returns an error instead if a limit is reached, the balance is used up, the emulator shuts down,
    /// or the key was removed while the creation waited for a reset.
    /// </summary>
    public Task<(SessionCreation? Creation, ApiError? Error)> CreateAsync(Caller caller, string profile, TimeSpan ttl) =>
        accounts.RunAsync(caller, current => CreateInsideAsync(current, profile, ttl));

    private async Task<(SessionCreation? Creation, ApiError? Error)> CreateInsideAsync(Caller caller, string profile, TimeSpan ttl)
    {
        if (_closing) return (null, ApiError.ShuttingDown);
        var now = clock.GetUtcNow();
        var record = new Session
        {
            Id = ids.Next(now),
            Workspace = caller.Workspace,
            KeyId = caller.Key.Id,
            TestMode = caller.Key.TestMode,
            Profile = profile,
            CreatedAt = now,
            ProvisionedAt = (now + options.Value.GetProvisioningDelay(random.NextDouble("provisioning_delay"))).TruncateToMicroseconds(),
            ExpiresAt = Session.GetExpiry(now, ttl),
        };
        if (caller.Account.ReserveSlot(record.Id, now, record.ExpiresAt) is { } error) return (null, error);

        var rule = faultRegistry.Acquire(FaultSite.Provisioning, new FaultContext(record.Workspace, record.Id));
        var fault = ((IProvisioningFault?)rule?.Fault)?.ApplyTo(rule!.Id);
        if (fault is { AdditionalDelay: var delay }) record = record with { ProvisionedAt = record.ProvisionedAt + delay };

        // Added before the write: another client may list and delete the session as soon as it is in the database.
        var session = new LiveSession(record, deadlines, pendingWork, options.Value.IdleLimit, fault);
        _live[record.Id] = session;
        if (_closing) session.TryEnd(EndedReason.AbandonedOrphan, now);
        try
        {
            await store.AddAsync(record, AuditEvent.ForSession(record, now, "session.created"));
            audit.NotifyFollowers(record.Workspace);
            events.Publish(record);
        }
        catch (Exception exception)
        {
            _live.TryRemove(record.Id, out _);
            session.Abort(exception);
            caller.Account.ReleaseSlot(record.Id);
            throw;
        }

        _ = RunAsync(session);
        return (new SessionCreation(record, fault), null);
    }

    /// <summary>Returns the open session with this id, or null.</summary>
    public LiveSession? FindLive(string id) => SessionId.TryParse(id, out var parsed) ? FindLive(parsed) : null;

    /// <inheritdoc cref="FindLive(string)"/>
    public LiveSession? FindLive(SessionId id) => _live.GetValueOrDefault(id);

    /// <summary>Returns the current state of a session, or null if it does not exist or belongs to another workspace.</summary>
    public async Task<Session?> FindAsync(SessionId id, WorkspaceId? workspace, CancellationToken cancellationToken)
    {
        await WaitForPendingWorkAsync(cancellationToken);
        var record = FindLive(id) is { } live ? await CurrentAsync(live, cancellationToken) : store.Find(id, workspace);
        return record is not null && (workspace is null || record.Workspace == workspace) ? record : null;
    }

    /// <summary>Returns up to <paramref name="count"/> sessions that are older than <paramref name="before"/>, newest first.</summary>
    public async Task<IReadOnlyList<Session>> ListAsync(SessionFilter filter, SessionId? before, int count, CancellationToken cancellationToken)
    {
        await WaitForPendingWorkAsync(cancellationToken);
        return await Task.WhenAll(store.List(filter, before, count).Select(CurrentAsync));

        // A session that ended after the page was read is no longer in memory.
        async Task<Session> CurrentAsync(Session record) =>
            record.IsTerminal ? record
            : FindLive(record.Id) is { } live ? await SessionRegistry.CurrentAsync(live, cancellationToken)
            : store.Find(record.Id, filter.Workspace) ?? record;
    }

    /// <summary>Ends a session with <c>client_delete</c>. Returns when its browser and connections are closed and its record is persisted.</summary>
    public async Task<DeleteResult> DeleteAsync(SessionId id, WorkspaceId workspace, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, workspace, cancellationToken) is null) return DeleteResult.NotFound;
        if (FindLive(id) is not { } live) return DeleteResult.NotOpen;
        var first = live.TryEnd(EndedReason.ClientDelete, clock.GetUtcNow());
        await live.Persisted;
        return first ? DeleteResult.Deleted : DeleteResult.NotOpen;
    }

    /// <summary>Ends a session with any reason. Returns the final record, or null if the session was not open or already ending.</summary>
    public async Task<Session?> EndAsync(SessionId id, EndedReason reason) =>
        FindLive(id) is { } live && live.TryEnd(reason, clock.GetUtcNow()) ? await live.Persisted : null;

    /// <summary>Ends all sessions, or those of one workspace. Returns when their browsers and connections are closed and their records are persisted.</summary>
    public async Task EndAllAsync(WorkspaceId? workspace)
    {
        var ending = Live.Where(session => workspace is null || session.Workspace == workspace).ToList();
        Abandon(ending);
        await Task.WhenAll(ending.Select(session => session.Persisted));
        foreach (var session in ending) _live.TryRemove(session.Id, out _);
    }

    /// <summary>Ends all sessions with <c>abandoned_orphan</c> and refuses new ones.</summary>
    public async Task ShutdownAsync(CancellationToken cancellationToken)
    {
        _closing = true;
        runner.StopRetrying();
        var live = Live.ToList();
        Abandon(live);

        Task ended = Task.WhenAll(live.Select(session => session.Completed));
        await ended.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (live.Count(session => session.Completed.Exception?.InnerException is StorageUnavailableException) is var openCount and > 0) LogLeft(logger, openCount);
    }

    /// <summary>
    /// Starts to end sessions. Those that wait for a browser come first: they would start one in a place that another session leaves, only to
    /// stop it again.
    /// </summary>
    private void Abandon(IEnumerable<LiveSession> sessions)
    {
        var now = clock.GetUtcNow();
        foreach (var session in sessions.OrderBy(session => session.Browser is not null)) session.TryEnd(EndedReason.AbandonedOrphan, now);
    }

    /// <summary>
    /// Returns the current record. A client that received the close frame must read the session as ended, so this waits for the end, but at
    /// most <see cref="MaxEndWait"/>: a client that does not read, or a full disk, can delay it.
    /// </summary>
    private static async ValueTask<Session> CurrentAsync(LiveSession session, CancellationToken cancellationToken)
    {
        if (session.EndRequested.IsCompleted)
            await ((Task)session.Persisted).WaitAsync(MaxEndWait, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return session.Current;
    }

    /// <summary>Waits for pending work if a seed is set: responses must not depend on how long real work takes.</summary>
    private Task WaitForPendingWorkAsync(CancellationToken cancellationToken) =>
        random.IsSeeded ? pendingWork.WaitForCompletionAsync().WaitAsync(cancellationToken) : Task.CompletedTask;

    private async Task RunAsync(LiveSession session)
    {
        try
        {
            await runner.RunAsync(session);
        }
        catch (StorageUnavailableException exception)
        {
            session.Abort(exception);
        }
        catch (Exception exception)
        {
            LogBrokeDown(logger, session.Id, exception);
            session.Abort(exception);
        }
        finally
        {
            _live.TryRemove(session.Id, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Could not persist the end of {Count} sessions; the next start closes them as abandoned_orphan")]
    private static partial void LogLeft(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Session} failed unexpectedly and its end is not persisted; the next start closes it as abandoned_orphan")]
    private static partial void LogBrokeDown(ILogger logger, SessionId session, Exception exception);
}
