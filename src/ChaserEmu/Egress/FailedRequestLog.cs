using System.Net;
using ChaserEmu.Domain;
using ChaserEmu.Events;
using ChaserEmu.Faults;
using ChaserEmu.Time;

namespace ChaserEmu.Egress;

/// <summary>
/// Keeps the newest failed connections of each session's pages, and publishes each. Chrome shows a page only that its SOCKS proxy failed, so
/// nobody else knows the cause.
/// </summary>
internal sealed class FailedRequestLog(EventFeed events, EmulatedClock clock) : IResettable
{
    public const int MaxPerSession = 100;
    public const int MaxSessions = 1_000;

    private readonly Lock _lock = new();
    private readonly OrderedDictionary<string, Queue<EgressEvent>> _bySession = [];

    /// <summary>Adds a failed connection. If the limits are exceeded, evicts the oldest of the session, or all of the session whose first is the oldest.</summary>
    public void Add(in FaultContext context, EndPoint destination, EgressOutcome outcome, EgressCause cause, FaultRule? fault)
    {
        if (context.Session is not { } session) return;
        var (host, port) = destination.Split();
        var failed = new EgressEvent(session.ToString(), context.Workspace.Value, host, port, outcome, cause, fault?.Id) { At = clock.GetUtcNow(), RealAt = TimeProvider.System.GetUtcNow() };
        lock (_lock)
        {
            if (!_bySession.TryGetValue(failed.SessionId, out var kept))
            {
                if (_bySession.Count == MaxSessions) _bySession.RemoveAt(0);
                _bySession.Add(failed.SessionId, kept = new Queue<EgressEvent>());
            }

            if (kept.Count == MaxPerSession) kept.Dequeue();
            kept.Enqueue(failed);
        }

        events.Publish(failed);
    }

    /// <summary>Returns the failed connections of a session, newest first.</summary>
    public IReadOnlyList<EgressEvent> Find(SessionId session)
    {
        lock (_lock) return _bySession.TryGetValue(session.ToString(), out var kept) ? [.. kept.Reverse()] : [];
    }

    public void Reset(WorkspaceId? workspace)
    {
        lock (_lock)
        {
            foreach (var session in _bySession.Where(entry => workspace is null || entry.Value.Peek().WorkspaceId == workspace.Value.Value).Select(entry => entry.Key).ToList()) _bySession.Remove(session);
        }
    }
}
