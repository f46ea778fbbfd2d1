using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using ChaserEmu.Domain;
using ChaserEmu.Simulation;
using ChaserEmu.Storage;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Sessions;

/// <summary>What deleting a session came to.</summary>
internal enum DeleteOutcome
{
    Deleted,
    NotFound,
    NotOpen,
}

/// <summary>All sessions, live and recorded: where every room above finds, starts and ends them.</summary>
internal sealed partial class SessionDirectory(
    SessionRunner runner,
    SessionStore store,
    EmulatedClock clock,
    SessionIdSequence ids,
    Deadlines deadlines,
    InFlight inFlight,
    IOptions<SessionOptions> options,
    ILogger<SessionDirectory> logger)
{
    private readonly ConcurrentDictionary<SessionId, LiveSession> _live = new();

    private volatile bool _closing;

    public ICollection<LiveSession> Live => _live.Values;

    /// <summary>Records a new session, durably, and sets it going; null when the emulator is shutting down.</summary>
    public async Task<Session?> CreateAsync(WorkspaceId workspace, bool testMode, string profile, TimeSpan ttl)
    {
        if (_closing) return null;
        var now = clock.GetUtcNow();
        var record = new Session
        {
            Id = ids.Next(now),
            Workspace = workspace,
            TestMode = testMode,
            Profile = profile,
            CreatedAt = now,
            ProvisionedAt = (now + options.Value.ProvisioningDelay(Random.Shared.NextDouble())).ToMicroseconds(),
            ExpiresAt = now + ttl,
        };
        await store.AddAsync(record);
        var session = new LiveSession(record, deadlines, inFlight, options.Value.IdleLimit);
        _live[record.Id] = session;
        _ = RunAsync(session);
        return record;
    }

    public bool TryGetLive(SessionId id, [NotNullWhen(true)] out LiveSession? session) => _live.TryGetValue(id, out session);

    /// <summary>The session as it stands; null when there is none, or none of this workspace.</summary>
    public async Task<Session?> FindAsync(SessionId id, WorkspaceId? workspace, CancellationToken cancellationToken)
    {
        var record = TryGetLive(id, out var live) ? live.Current : await store.FindAsync(id, workspace, cancellationToken);
        return record is not null && (workspace is null || record.Workspace == workspace) ? record : null;
    }

    /// <summary>Up to <paramref name="count"/> of a workspace's sessions, newest first, older than <paramref name="before"/>.</summary>
    public async Task<IReadOnlyList<Session>> ListAsync(WorkspaceId workspace, SessionId? before, int count, CancellationToken cancellationToken)
    {
        var page = await store.ListAsync(workspace, before, count, cancellationToken);
        return page.ConvertAll(record => !record.IsTerminal && TryGetLive(record.Id, out var live) ? live.Current : record);
    }

    /// <summary>Ends a session for its owner, and returns when nothing of it is left.</summary>
    public async Task<DeleteOutcome> DeleteAsync(SessionId id, WorkspaceId workspace, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, workspace, cancellationToken) is null) return DeleteOutcome.NotFound;
        if (!TryGetLive(id, out var live)) return DeleteOutcome.NotOpen;
        var first = live.TryEnd(EndedReason.ClientDelete, clock.GetUtcNow());
        await live.Completed;
        return first ? DeleteOutcome.Deleted : DeleteOutcome.NotOpen;
    }

    /// <summary>Ends every session at a shutdown of the platform, and takes no more.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        _closing = true;
        var now = clock.GetUtcNow();
        var live = Live;
        foreach (var session in live) session.TryEnd(EndedReason.AbandonedOrphan, now);
        await Task.WhenAll(live.Select(session => session.Completed)).WaitAsync(cancellationToken);
    }

    private async Task RunAsync(LiveSession session)
    {
        try
        {
            await runner.RunAsync(session);
        }
        catch (Exception failure)
        {
            LogBrokeDown(logger, session.Id, failure);
            session.BreakDown(failure);
        }
        finally
        {
            _live.TryRemove(session.Id, out _);
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Session} broke down and could not be recorded to its end")]
    private static partial void LogBrokeDown(ILogger logger, SessionId session, Exception failure);
}
