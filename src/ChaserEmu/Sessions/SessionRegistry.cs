using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Storage;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Sessions;

/// <summary>What deleting a session came to.</summary>
internal enum DeleteResult
{
    Deleted,
    NotFound,
    NotOpen,
}

/// <summary>All sessions, live and recorded: where every room above finds, starts and ends them.</summary>
internal sealed partial class SessionRegistry(
    SessionRunner runner,
    SessionStore store,
    EmulatedClock clock,
    SessionIdGenerator ids,
    RandomSource chance,
    AuditLog audit,
    DeadlineQueue deadlines,
    PendingWork inFlight,
    FaultRegistry plan,
    IOptions<SessionOptions> options,
    ILogger<SessionRegistry> logger)
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<SessionId, LiveSession> _live = new();

    private volatile bool _closing;

    /// <summary>As they come and go; no moment's picture.</summary>
    public IEnumerable<LiveSession> Live => _live.Select(entry => entry.Value);

    /// <summary>Records a new session, durably, and sets it going; or says why there is none: a limit, no balance, or a shutdown.</summary>
    public Task<(Session? Session, ApiError? Refused)> CreateAsync(Caller caller, string profile, TimeSpan ttl) =>
        caller.Account.RunOutsideResetAsync(() => CreateInsideAsync(caller, profile, ttl));

    private async Task<(Session? Session, ApiError? Refused)> CreateInsideAsync(Caller caller, string profile, TimeSpan ttl)
    {
        if (caller.Account.IsRemoved) return (null, ApiError.Unauthorized);
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
            ProvisionedAt = (now + options.Value.GetProvisioningDelay(chance.NextDouble("provisioning_delay"))).TruncateToMicroseconds(),
            ExpiresAt = now + ttl,
        };
        if (caller.Account.ReserveSlot(record.Id, now, record.ExpiresAt) is { } refused) return (null, refused);

        var fault = plan.Acquire(FaultSite.Provisioning, new FaultContext(record.Workspace, record.Id));
        if (fault?.Effect is StayCreatingFault stay) record = record with { ProvisionedAt = record.ProvisionedAt + TimeSpan.FromSeconds(stay.Seconds) };

        // Live before it is recorded: who finds it in a list may delete it before its creator has its answer.
        var session = new LiveSession(record, deadlines, inFlight, options.Value.IdleLimit, fault);
        _live[record.Id] = session;
        if (_closing) session.TryEnd(EndedReason.AbandonedOrphan, now);
        try
        {
            await store.AddAsync(record, AuditEvent.ForSession(record, now, "session.created"));
            audit.NotifyFollowers(record.Workspace);
        }
        catch (Exception failure)
        {
            _live.TryRemove(record.Id, out _);
            session.Abort(failure);
            caller.Account.ReleaseSlot(record.Id);
            throw;
        }

        _ = RunAsync(session);
        return (record, null);
    }

    public bool TryGetLive(SessionId id, [NotNullWhen(true)] out LiveSession? session) => _live.TryGetValue(id, out session);

    /// <summary>The session as it stands; null when there is none, or none of this workspace.</summary>
    public async Task<Session?> FindAsync(SessionId id, WorkspaceId? workspace, CancellationToken cancellationToken)
    {
        await SettledAsync(cancellationToken);
        var record = TryGetLive(id, out var live) ? await CurrentAsync(live, cancellationToken) : store.Find(id, workspace);
        return record is not null && (workspace is null || record.Workspace == workspace) ? record : null;
    }

    /// <summary>Up to <paramref name="count"/> of a workspace's sessions, newest first, older than <paramref name="before"/>.</summary>
    public async Task<IReadOnlyList<Session>> ListAsync(WorkspaceId workspace, SessionId? before, int count, CancellationToken cancellationToken)
    {
        await SettledAsync(cancellationToken);
        return await Task.WhenAll(store.List(workspace, before, count).Select(CurrentAsync));

        // One that has ended since the page was read is no longer live.
        async Task<Session> CurrentAsync(Session record) =>
            record.IsTerminal ? record
            : TryGetLive(record.Id, out var live) ? await SessionRegistry.CurrentAsync(live, cancellationToken)
            : store.Find(record.Id, workspace) ?? record;
    }

    /// <summary>Ends a session for its owner, and returns when nothing of it is left.</summary>
    public async Task<DeleteResult> DeleteAsync(SessionId id, WorkspaceId workspace, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, workspace, cancellationToken) is null) return DeleteResult.NotFound;
        if (!TryGetLive(id, out var live)) return DeleteResult.NotOpen;
        var first = live.TryEnd(EndedReason.ClientDelete, clock.GetUtcNow());
        await live.Persisted;
        return first ? DeleteResult.Deleted : DeleteResult.NotOpen;
    }

    /// <summary>Ends a session by hand, for any reason. The final record when nothing of it is left; null when it was ending already.</summary>
    public async Task<Session?> EndAsync(SessionId id, EndedReason reason) =>
        TryGetLive(id, out var live) && live.TryEnd(reason, clock.GetUtcNow()) ? await live.Persisted : null;

    /// <summary>Ends every session, or those of a workspace, and returns when nothing of them is left but their records.</summary>
    public async Task EndAllAsync(WorkspaceId? workspace)
    {
        var ending = Live.Where(session => workspace is null || session.Workspace == workspace).ToList();
        var now = clock.GetUtcNow();
        foreach (var session in ending) session.TryEnd(EndedReason.AbandonedOrphan, now);
        await Task.WhenAll(ending.Select(session => session.Persisted));
        foreach (var session in ending) _live.TryRemove(session.Id, out _);
    }

    /// <summary>Ends every session at a shutdown of the platform, and takes no more.</summary>
    public async Task ShutdownAsync(CancellationToken cancellationToken)
    {
        _closing = true;
        runner.StopRetrying();
        var now = clock.GetUtcNow();
        var live = Live.ToList();
        foreach (var session in live) session.TryEnd(EndedReason.AbandonedOrphan, now);

        Task ended = Task.WhenAll(live.Select(session => session.Completed));
        await ended.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (live.Count(session => session.Completed.Exception?.InnerException is StorageUnavailableException) is var left and > 0) LogLeft(logger, left);
    }

    /// <summary>A client that has been told of an end, by its connection, finds the session ended. An end that takes long, for a client that takes nothing or for a full disk, is not waited for.</summary>
    private static async ValueTask<Session> CurrentAsync(LiveSession session, CancellationToken cancellationToken)
    {
        if (session.EndRequested.IsCompleted)
            await ((Task)session.Persisted).WaitAsync(EndPatience, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return session.Current;
    }

    /// <summary>With a seed, what is under way takes no time that a client could see, or no two runs would answer the same.</summary>
    private Task SettledAsync(CancellationToken cancellationToken) =>
        chance.IsSeeded ? inFlight.WaitForCompletionAsync().WaitAsync(cancellationToken) : Task.CompletedTask;

    private async Task RunAsync(LiveSession session)
    {
        try
        {
            await runner.RunAsync(session);
        }
        catch (StorageUnavailableException failure)
        {
            session.Abort(failure);
        }
        catch (Exception failure)
        {
            LogBrokeDown(logger, session.Id, failure);
            session.Abort(failure);
        }
        finally
        {
            _live.TryRemove(session.Id, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} sessions could not be recorded to their end, which the next start does")]
    private static partial void LogLeft(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Session} broke down and could not be recorded to its end")]
    private static partial void LogBrokeDown(ILogger logger, SessionId session, Exception failure);
}
