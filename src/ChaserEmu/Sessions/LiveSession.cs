using System.Diagnostics.CodeAnalysis;
using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Metering;

namespace ChaserEmu.Sessions;

/// <summary>A connection of a client to a session. It is closed when the session ends.</summary>
internal interface ISessionConnection
{
    /// <summary>Sends the reason to the client and closes the connection. Completes when all its bytes are counted.</summary>
    Task CloseAsync(EndedReason reason);
}

/// <summary>
/// The in-memory part of an open session: its <see cref="SessionState"/>, browser, meters and connections, and the signals that others wait for.
/// Any thread may call <see cref="TryEnd"/>; the first reason wins. Only the <see cref="SessionRunner"/> writes the record.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no wait handle; disposing it would race with its own Cancel.")]
internal sealed class LiveSession
{
    private readonly Lock _lock = new();
    private readonly DeadlineQueue _deadlines;
    private readonly PendingWork _pendingWork;
    private readonly TimeSpan _idleLimit;
    private readonly HashSet<ISessionConnection> _connections = [];
    private readonly HashSet<ISessionConnection> _viewers = [];
    private readonly CancellationTokenSource _endingTokenSource = new();
    private readonly TaskCompletionSource<SessionEnd> _endRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _provisioningDelayElapsed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Session> _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Session> _persistFailed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _readyOrEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Session _record;
    private SessionState _state;
    private Due.Fault? _fault;

    /// <param name="record">The record of the new session.</param>
    /// <param name="deadlines">Receives the next deadline of the session.</param>
    /// <param name="pendingWork">Counts the session while it does real work.</param>
    /// <param name="idleLimit">How long, in emulated time, the session may be without a connection.</param>
    /// <param name="fault">What a fault does to it, if any.</param>
    public LiveSession(Session record, DeadlineQueue deadlines, PendingWork pendingWork, TimeSpan idleLimit, SessionFault? fault = null)
    {
        Fault = fault;
        (_record, _deadlines, _pendingWork, _idleLimit) = (record, deadlines, pendingWork, idleLimit);
        EndingToken = _endingTokenSource.Token;
        var hasDelay = record.ProvisionedAt > record.CreatedAt;
        if (!hasDelay) _provisioningDelayElapsed.SetResult();
        _state = new SessionState.Creating(CreatingStep.Starting, IsDelayElapsed: !hasDelay);
        pendingWork.Begin();
        lock (_lock) UpdateDeadline();
    }

    public SessionId Id => _record.Id;

    public WorkspaceId Workspace => _record.Workspace;

    public bool IsTestMode => _record.TestMode;

    public SessionStatus Status => _record.Status;

    /// <summary>Gets the real time of creation, as a timestamp of <see cref="TimeProvider.System"/>.</summary>
    public long CreatedTimestamp { get; } = TimeProvider.System.GetTimestamp();

    /// <summary>Gets the record with the current byte counts.</summary>
    public Session Current => _record with { CdpBytes = CdpMeter.Read(), EgressBytes = Browser?.EgressMeter.Read() ?? _record.EgressBytes };

    /// <summary>Gets what a fault does to the session; null if there is none.</summary>
    public SessionFault? Fault { get; }

    /// <summary>Gets the meter of all CDP connections.</summary>
    public ByteMeter CdpMeter { get; } = new();

    /// <summary>Gets the browser; null until one is attached, and always in test mode.</summary>
    public IBrowser? Browser { get; private set; }

    /// <summary>Gets a token that is canceled when the session starts to end.</summary>
    public CancellationToken EndingToken { get; }

    /// <summary>Completes when the session starts to end.</summary>
    public Task<SessionEnd> EndRequested => _endRequested.Task;

    /// <summary>Completes when the provisioning delay is over.</summary>
    public Task ProvisioningDelayElapsed => _provisioningDelayElapsed.Task;

    /// <summary>Completes when the session is ready, or has started to end before it was.</summary>
    public Task ReadyOrEnded => _readyOrEnded.Task;

    /// <summary>Completes with the final record once it is persisted and the browser and all connections are closed.</summary>
    public Task<Session> Completed => _completed.Task;

    /// <summary>Like <see cref="Completed"/>, but fails at the first failed write of the record, although the runner retries it.</summary>
    public Task<Session> Persisted => Task.WhenAny(_completed.Task, _persistFailed.Task).Unwrap();

    public int ConnectionCount
    {
        get { lock (_lock) return _connections.Count; }
    }

    /// <summary>Gets the next deadline; null when the session is ending or has ended.</summary>
    public DateTimeOffset? NextDeadline
    {
        get { lock (_lock) return (GetDue() as Due.Event)?.At; }
    }

    /// <summary>Gets when the idle limit ends; null while the session has a CDP connection, and if it is not ready.</summary>
    public DateTimeOffset? IdleDeadline
    {
        get { lock (_lock) return _state is SessionState.Ready { IdleSince: { } idleSince } ? idleSince + _idleLimit : null; }
    }

    /// <summary>Starts to end the session. Returns false if it was already ending.</summary>
    public bool TryEnd(EndedReason? reason, DateTimeOffset at)
    {
        var end = new SessionEnd(reason, at);
        lock (_lock)
        {
            if (_state.HasEnd) return false;
            Enter(_state.End(end));
            _endRequested.SetResult(end);
            _readyOrEnded.TrySetResult();
        }

        _endingTokenSource.Cancel();
        return true;
    }

    /// <summary>Handles the next deadline if it is at or before <paramref name="now"/>. Only the supervisor calls this.</summary>
    public void HandleDeadline(DateTimeOffset now)
    {
        Due due;
        lock (_lock)
        {
            due = GetDue();
            if (due is not Due.Event { At: var at } || at > now) return;
            if (due is Due.ProvisioningDelay)
            {
                _provisioningDelayElapsed.SetResult();
                Enter(_state.ElapseDelay());
            }
            else if (due is Due.Fault)
            {
                _fault = null;
                UpdateDeadline();
            }
        }

        // Outside the lock: both run code of others.
        if (due is Due.Fault fault) fault.Trigger(fault.At);
        else if (due is Due.Expiry expiry) TryEnd(expiry.Reason, expiry.At);
    }

    /// <summary>Calls <paramref name="trigger"/> with its due time once <paramref name="at"/> is reached. Replaces a fault that is scheduled but not yet triggered.</summary>
    public void ScheduleFault(DateTimeOffset at, Action<DateTimeOffset> trigger)
    {
        lock (_lock)
        {
            _fault = new Due.Fault(at, trigger);
            UpdateDeadline();
        }
    }

    public void AttachBrowser(IBrowser browser) => Browser = browser;

    /// <summary>
    /// Marks the session as ready. <paramref name="record"/> must be persisted already. Calls <paramref name="publish"/> once others can read the
    /// record, and before an advance of the clock goes on.
    /// </summary>
    public void MarkReady(Session record, Action publish)
    {
        lock (_lock)
        {
            _record = record;
            publish();
            Enter(_state.BecomeReady(record.ReadyAt!.Value));
            _readyOrEnded.TrySetResult();
        }
    }

    /// <summary>Sets whether the session waits in the queue for a browser.</summary>
    public void SetQueued(bool isQueued)
    {
        lock (_lock) Enter(_state.MoveTo(isQueued ? CreatingStep.Queued : CreatingStep.Starting));
    }

    /// <summary>Records that the session only waits for its provisioning delay.</summary>
    public void SetAwaitingProvisioningDelay()
    {
        lock (_lock) Enter(_state.MoveTo(CreatingStep.AwaitingDelay));
    }

    /// <summary>Sets whether the session waits for a retry because the database is not writable.</summary>
    public void SetAwaitingStorage(bool waits)
    {
        lock (_lock) Enter(_state.AwaitStorage(waits));
    }

    /// <summary>Completes the session with its final record.</summary>
    public void Complete(Session record)
    {
        lock (_lock)
        {
            _record = record;
            _completed.TrySetResult(record);
            Enter(_state.Complete());
        }
    }

    /// <summary>Reports that the final record could not be written. Returns false if that was reported before.</summary>
    public bool TryReportPersistFailure(Exception exception) => _persistFailed.TrySetException(exception);

    /// <summary>Gives up on the session after an unexpected exception. Its row stays open; the next start closes it as <c>abandoned_orphan</c>.</summary>
    public void Abort(Exception exception)
    {
        lock (_lock)
        {
            _completed.TrySetException(exception);
            _readyOrEnded.TrySetResult();
            Enter(SessionState.Abort());
        }
    }

    /// <summary>Adds a CDP connection. Returns false if the session is not ready or is ending.</summary>
    public bool TryAddConnection(ISessionConnection connection)
    {
        lock (_lock)
        {
            if (_state is not SessionState.Ready) return false;
            _connections.Add(connection);
            Enter(_state.Connect());
            return true;
        }
    }

    /// <summary>Removes a CDP connection. The idle limit counts from the removal of the last one.</summary>
    public void RemoveConnection(ISessionConnection connection, DateTimeOffset now)
    {
        lock (_lock)
        {
            _connections.Remove(connection);
            if (_connections.Count == 0) Enter(_state.Disconnect(now));
        }
    }

    /// <summary>Adds a live-view connection. It is closed with the session but does not reset the idle limit. Returns false if the session is ending.</summary>
    public bool TryAddViewer(ISessionConnection viewer)
    {
        lock (_lock) return !_state.HasEnd && _viewers.Add(viewer);
    }

    public void RemoveViewer(ISessionConnection viewer)
    {
        lock (_lock) _viewers.Remove(viewer);
    }

    public Task CloseConnectionsAsync(EndedReason reason)
    {
        ISessionConnection[] open;
        lock (_lock) open = [.. _connections, .. _viewers];
        return Task.WhenAll(open.Select(connection => connection.CloseAsync(reason)));
    }

    private Due GetDue()
    {
        if (_state.HasEnd) return Due.Nothing.Instance;
        var lifecycle = GetLifecycleDue();
        return _state is SessionState.Ready && _fault is { } fault && fault.At < lifecycle.At ? fault : lifecycle;
    }

    private Due.Event GetLifecycleDue() => _state switch
    {
        SessionState.Creating { IsDelayElapsed: false } when _record.ProvisionedAt < _record.ExpiresAt => new Due.ProvisioningDelay(_record.ProvisionedAt),
        SessionState.Ready { IdleSince: { } idleSince } when idleSince + _idleLimit < _record.ExpiresAt => new Due.Expiry(idleSince + _idleLimit, EndedReason.IdleExpired),
        _ => new Due.Expiry(_record.ExpiresAt, EndedReason.TtlExpired),
    };

    /// <summary>Enters a state: publishes the next deadline and whether the session does real work. Must be called inside the lock.</summary>
    private void Enter(SessionState next)
    {
        var wasBusy = _state.IsBusy;
        _state = next;
        UpdateDeadline();
        if (wasBusy == next.IsBusy) return;
        if (next.IsBusy) _pendingWork.Begin();
        else _pendingWork.End();
    }

    private void UpdateDeadline() => _deadlines.Set(this, (GetDue() as Due.Event)?.At);
}
