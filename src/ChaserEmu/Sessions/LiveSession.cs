using System.Diagnostics.CodeAnalysis;
using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Metering;

namespace ChaserEmu.Sessions;

/// <summary>Why and when a session ends. A null reason means status <c>error</c>: no browser could be started.</summary>
internal readonly record struct SessionEnd(EndedReason? Reason, DateTimeOffset At);

/// <summary>A connection of a client to a session. It is closed when the session ends.</summary>
internal interface ISessionConnection
{
    /// <summary>Sends the reason to the client and closes the connection. Completes when all its bytes are counted.</summary>
    Task CloseAsync(EndedReason reason);
}

/// <summary>
/// The in-memory part of an open session: its browser, meters, connections and end signal.
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
    private DateTimeOffset _idleSince;
    private bool _isQueued;
    private bool _awaitsProvisioningDelay;
    private bool _awaitsStorage;
    private bool _isBusy;
    private (DateTimeOffset At, Action<DateTimeOffset> Trigger)? _fault;
    private int _hiddenDevicePolls;

    /// <param name="record">The record of the new session.</param>
    /// <param name="deadlines">Receives the next deadline of the session.</param>
    /// <param name="pendingWork">Counts the session while it does real work.</param>
    /// <param name="idleLimit">How long, in emulated time, the session may be without a connection.</param>
    /// <param name="fault">The rule that applies to its provisioning, if any.</param>
    public LiveSession(Session record, DeadlineQueue deadlines, PendingWork pendingWork, TimeSpan idleLimit, FaultRule? fault = null)
    {
        ProvisioningFault = fault;
        _hiddenDevicePolls = fault?.Effect is DeviceMissingFault missing ? missing.Polls : 0;
        (_record, _deadlines, _pendingWork, _idleLimit) = (record, deadlines, pendingWork, idleLimit);
        EndingToken = _endingTokenSource.Token;
        if (record.ProvisionedAt <= record.CreatedAt) _provisioningDelayElapsed.SetResult();
        lock (_lock) Update();
    }

    public SessionId Id => _record.Id;

    public WorkspaceId Workspace => _record.Workspace;

    public bool IsTestMode => _record.TestMode;

    public SessionStatus Status => _record.Status;

    /// <summary>Gets the real time of creation, as a timestamp of <see cref="TimeProvider.System"/>.</summary>
    public long CreatedTimestamp { get; } = TimeProvider.System.GetTimestamp();

    /// <summary>Gets the record with the current byte counts.</summary>
    public Session Current => _record with { CdpBytes = CdpMeter.Read(), EgressBytes = Browser?.EgressMeter.Read() ?? _record.EgressBytes };

    public FaultRule? ProvisioningFault { get; }

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
        get { lock (_lock) return GetDue()?.At; }
    }

    /// <summary>Gets whether a <c>device_missing</c> fault still hides the device of the ready session.</summary>
    public bool IsDeviceHidden => Volatile.Read(ref _hiddenDevicePolls) > 0;

    /// <summary>Counts a poll of the ready session. Returns true if the response must not contain the device.</summary>
    public bool TryConsumeHiddenDevicePoll() => ProvisioningFault?.Effect is DeviceMissingFault && Interlocked.Decrement(ref _hiddenDevicePolls) >= 0;

    /// <summary>Starts to end the session. Returns false if it was already ending.</summary>
    public bool TryEnd(EndedReason? reason, DateTimeOffset at)
    {
        lock (_lock)
        {
            if (!_endRequested.TrySetResult(new SessionEnd(reason, at))) return false;
            _readyOrEnded.TrySetResult();
            Update();
        }

        _endingTokenSource.Cancel();
        return true;
    }

    /// <summary>Handles the next deadline if it is at or before <paramref name="now"/>. Only the supervisor calls this.</summary>
    public void HandleDeadline(DateTimeOffset now)
    {
        SessionEnd end;
        Action<DateTimeOffset>? trigger = null;
        lock (_lock)
        {
            if (GetDue() is not { } due || due.At > now) return;
            if (due.Reason is null && _provisioningDelayElapsed.Task.IsCompleted)
            {
                trigger = _fault!.Value.Trigger;
                _fault = null;
                Update();
            }
            else if (due.Reason is null)
            {
                _provisioningDelayElapsed.SetResult();
                Update();
                return;
            }

            end = new SessionEnd(due.Reason, due.At);
        }

        if (trigger is null) TryEnd(end.Reason, end.At);
        else trigger(end.At);
    }

    /// <summary>Calls <paramref name="trigger"/> with its due time once <paramref name="at"/> is reached. Replaces a fault that is scheduled but not yet triggered.</summary>
    public void ScheduleFault(DateTimeOffset at, Action<DateTimeOffset> trigger)
    {
        lock (_lock)
        {
            _fault = (at, trigger);
            Update();
        }
    }

    public void AttachBrowser(IBrowser browser) => Browser = browser;

    /// <summary>Marks the session as ready. <paramref name="record"/> must be persisted already.</summary>
    public void MarkReady(Session record)
    {
        lock (_lock)
        {
            _record = record;
            _idleSince = record.ReadyAt!.Value;
            Update();
            _readyOrEnded.TrySetResult();
        }
    }

    /// <summary>Sets whether the session waits in the queue for a browser.</summary>
    public void SetQueued(bool isQueued)
    {
        lock (_lock)
        {
            _isQueued = isQueued;
            Update();
        }
    }

    /// <summary>Records that the session only waits for its provisioning delay.</summary>
    public void SetAwaitingProvisioningDelay()
    {
        lock (_lock)
        {
            _awaitsProvisioningDelay = true;
            Update();
        }
    }

    /// <summary>Sets whether the session waits for a retry because the database is not writable.</summary>
    public void SetAwaitingStorage(bool waits)
    {
        lock (_lock)
        {
            _awaitsStorage = waits;
            Update();
        }
    }

    /// <summary>Completes the session with its final record.</summary>
    public void Complete(Session record)
    {
        lock (_lock)
        {
            _record = record;
            _completed.TrySetResult(record);
            Update();
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
            Update();
        }
    }

    /// <summary>Adds a CDP connection. Returns false if the session is not ready or is ending.</summary>
    public bool TryAddConnection(ISessionConnection connection)
    {
        lock (_lock)
        {
            if (_record.Status is not SessionStatus.Ready || _endRequested.Task.IsCompleted) return false;
            _connections.Add(connection);
            Update();
            return true;
        }
    }

    /// <summary>Removes a CDP connection. The idle limit counts from the removal of the last one.</summary>
    public void RemoveConnection(ISessionConnection connection, DateTimeOffset now)
    {
        lock (_lock)
        {
            _connections.Remove(connection);
            if (_connections.Count == 0) _idleSince = now;
            Update();
        }
    }

    /// <summary>Adds a live-view connection. It is closed with the session but does not reset the idle limit. Returns false if the session is ending.</summary>
    public bool TryAddViewer(ISessionConnection viewer)
    {
        lock (_lock) return !_endRequested.Task.IsCompleted && _viewers.Add(viewer);
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

    private (DateTimeOffset At, EndedReason? Reason)? GetDue()
    {
        if (_endRequested.Task.IsCompleted || _completed.Task.IsCompleted) return null;
        var lifecycle = GetLifecycleDue();
        return _fault is { } fault && _record.Status is SessionStatus.Ready && fault.At < lifecycle.At ? (fault.At, null) : lifecycle;
    }

    private (DateTimeOffset At, EndedReason? Reason) GetLifecycleDue()
    {
        var ttl = (_record.ExpiresAt, EndedReason.TtlExpired);
        if (!_provisioningDelayElapsed.Task.IsCompleted && _record.ProvisionedAt < ttl.ExpiresAt) return (_record.ProvisionedAt, null);
        if (_record.Status is SessionStatus.Ready && _connections.Count == 0 && _idleSince + _idleLimit < ttl.ExpiresAt)
            return (_idleSince + _idleLimit, EndedReason.IdleExpired);
        return ttl;
    }

    /// <summary>Publishes the next deadline and whether the session does real work. Must be called after every change, inside the lock.</summary>
    private void Update()
    {
        _deadlines.Set(this, GetDue()?.At);
        var busy = IsBusy();
        if (_isBusy == busy) return;
        _isBusy = busy;
        if (busy) _pendingWork.Begin();
        else _pendingWork.End();
    }

    private bool IsBusy()
    {
        if (_completed.Task.IsCompleted || _awaitsStorage) return false;
        if (_endRequested.Task.IsCompleted) return true;
        var awaitsDelay = _awaitsProvisioningDelay && !_provisioningDelayElapsed.Task.IsCompleted;
        return _record.Status is SessionStatus.Creating && !_isQueued && !awaitsDelay;
    }
}
