using System.Diagnostics.CodeAnalysis;
using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Metering;

namespace ChaserEmu.Sessions;

/// <summary>Why and when a session ends; no reason means <c>error</c>: no browser could be started.</summary>
internal readonly record struct SessionEnd(EndedReason? Reason, DateTimeOffset At);

/// <summary>Something a client has open on a session, which must be closed with it.</summary>
internal interface ISessionConnection
{
    /// <summary>Tells the client why, ends the connection, and completes when its bytes are all counted.</summary>
    Task CloseAsync(EndedReason reason);
}

/// <summary>
/// The live half of an open session: its browser, its meters, its connections and its end signal.
/// Anyone may ask for its end, and the first reason wins; only its <see cref="SessionRunner"/> writes its record.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no wait handle; disposing it would race with its own Cancel.")]
internal sealed class LiveSession
{
    private readonly Lock _gate = new();
    private readonly DeadlineQueue _deadlines;
    private readonly PendingWork _inFlight;
    private readonly TimeSpan _idleLimit;
    private readonly HashSet<ISessionConnection> _connections = [];
    private readonly HashSet<ISessionConnection> _viewers = [];
    private readonly CancellationTokenSource _endingSource = new();
    private readonly TaskCompletionSource<SessionEnd> _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _provisioned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Session> _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Session> _unrecorded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _created = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Session _record;
    private DateTimeOffset _idleSince;
    private bool _inLine;
    private bool _awaitsTime;
    private bool _awaitsStorage;
    private bool _busy;
    private (DateTimeOffset At, Action<DateTimeOffset> Strike)? _fault;
    private int _pollsWithoutDevice;

    /// <param name="record">As it is created.</param>
    /// <param name="deadlines">Where it says when it is due.</param>
    /// <param name="inFlight">Where it says that something real is under way.</param>
    /// <param name="idleLimit">How long it may be without a connection.</param>
    /// <param name="fault">What is to go wrong with its provisioning, if anything is.</param>
    public LiveSession(Session record, DeadlineQueue deadlines, PendingWork inFlight, TimeSpan idleLimit, FaultRule? fault = null)
    {
        ProvisioningFault = fault;
        _pollsWithoutDevice = fault?.Effect is DeviceMissingFault missing ? missing.Polls : 0;
        (_record, _deadlines, _inFlight, _idleLimit) = (record, deadlines, inFlight, idleLimit);
        EndingToken = _endingSource.Token;
        if (record.ProvisionedAt <= record.CreatedAt) _provisioned.SetResult();
        lock (_gate) Settle();
    }

    public SessionId Id => _record.Id;

    public WorkspaceId Workspace => _record.Workspace;

    public bool IsTestMode => _record.TestMode;

    public SessionStatus Status => _record.Status;

    /// <summary>When it was made, as a timestamp of real time.</summary>
    public long CreatedTimestamp { get; } = TimeProvider.System.GetTimestamp();

    /// <summary>The record with the meters as they stand now.</summary>
    public Session Current => _record with { CdpBytes = CdpMeter.Read(), EgressBytes = Browser?.EgressMeter.Read() ?? _record.EgressBytes };

    public FaultRule? ProvisioningFault { get; }

    /// <summary>What passes on CDP connections.</summary>
    public ByteMeter CdpMeter { get; } = new();

    /// <summary>Null until it has one, and always in test mode.</summary>
    public Browser? Browser { get; private set; }

    /// <summary>Cancelled when the session begins to end.</summary>
    public CancellationToken EndingToken { get; }

    public Task<SessionEnd> EndRequested => _ending.Task;

    /// <summary>Completes when the provisioning delay is over.</summary>
    public Task ProvisioningDelayElapsed => _provisioned.Task;

    /// <summary>Completes when it is ready, or will not become so.</summary>
    public Task ReadyOrEnded => _created.Task;

    /// <summary>Completes with the final record, when nothing of the session is left but that.</summary>
    public Task<Session> Completed => _completed.Task;

    /// <summary>As <see cref="Completed"/>, but fails as soon as the record could not be written, though that is still tried.</summary>
    public Task<Session> Persisted => Task.WhenAny(_completed.Task, _unrecorded.Task).Unwrap();

    public int ConnectionCount
    {
        get { lock (_gate) return _connections.Count; }
    }

    /// <summary>When the session is next due; null when only its own work is.</summary>
    public DateTimeOffset? NextDeadline
    {
        get { lock (_gate) return Due()?.At; }
    }

    /// <summary>Whether polls that find it ready are still to find it without its device.</summary>
    public bool IsDeviceHidden => Volatile.Read(ref _pollsWithoutDevice) > 0;

    /// <summary>Whether a poll that finds it ready is to find it without its device; counts the poll.</summary>
    public bool TryConsumeHiddenDevicePoll() => ProvisioningFault?.Effect is DeviceMissingFault && Interlocked.Decrement(ref _pollsWithoutDevice) >= 0;

    /// <summary>Asks for the end. False when it was ending already, for another reason.</summary>
    public bool TryEnd(EndedReason? reason, DateTimeOffset at)
    {
        lock (_gate)
        {
            if (!_ending.TrySetResult(new SessionEnd(reason, at))) return false;
            _created.TrySetResult();
            Settle();
        }

        _endingSource.Cancel();
        return true;
    }

    /// <summary>Does what is due at <paramref name="now"/>, if it still is: the supervisor's only question to a session.</summary>
    public void HandleDeadline(DateTimeOffset now)
    {
        SessionEnd end;
        Action<DateTimeOffset>? strike = null;
        lock (_gate)
        {
            if (Due() is not { } due || due.At > now) return;
            if (due.Ends is null && _provisioned.Task.IsCompleted)
            {
                strike = _fault!.Value.Strike;
                _fault = null;
                Settle();
            }
            else if (due.Ends is null)
            {
                _provisioned.SetResult();
                Settle();
                return;
            }

            end = new SessionEnd(due.Ends, due.At);
        }

        if (strike is null) TryEnd(end.Reason, end.At);
        else strike(end.At);
    }

    /// <summary>Has a fault strike at its time, told to it; one that is still to come gives way to it.</summary>
    public void ScheduleFault(DateTimeOffset at, Action<DateTimeOffset> strike)
    {
        lock (_gate)
        {
            _fault = (at, strike);
            Settle();
        }
    }

    public void AttachBrowser(Browser browser) => Browser = browser;

    /// <summary>Takes over a new record, which is durable by now. From here the session waits for time or for its user.</summary>
    public void MarkReady(Session record)
    {
        lock (_gate)
        {
            _record = record;
            _idleSince = record.ReadyAt!.Value;
            Settle();
            _created.TrySetResult();
        }
    }

    /// <summary>The session waits until others have left it a browser, or no longer does.</summary>
    public void SetQueued(bool inLine)
    {
        lock (_gate)
        {
            _inLine = inLine;
            Settle();
        }
    }

    /// <summary>From here the session only waits for its provisioning delay to pass.</summary>
    public void SetAwaitingProvisioningDelay()
    {
        lock (_gate)
        {
            _awaitsTime = true;
            Settle();
        }
    }

    /// <summary>The session waits until the database can be written to, however long that takes, or no longer does.</summary>
    public void SetAwaitingStorage(bool waits)
    {
        lock (_gate)
        {
            _awaitsStorage = waits;
            Settle();
        }
    }

    public void Complete(Session record)
    {
        lock (_gate)
        {
            _record = record;
            _completed.TrySetResult(record);
            Settle();
        }
    }

    /// <summary>Nothing is left of it, but its record cannot be written for now. False when that was known.</summary>
    public bool TryReportPersistFailure(Exception why) => _unrecorded.TrySetException(why);

    /// <summary>Its own work broke down, so that nothing more can be recorded of it; a restart will close it as an orphan.</summary>
    public void Abort(Exception failure)
    {
        lock (_gate)
        {
            _completed.TrySetException(failure);
            _created.TrySetResult();
            Settle();
        }
    }

    /// <summary>Adds a client's connection; false when the session is not ready or is ending.</summary>
    public bool TryAddConnection(ISessionConnection connection)
    {
        lock (_gate)
        {
            if (_record.Status is not SessionStatus.Ready || _ending.Task.IsCompleted) return false;
            _connections.Add(connection);
            Settle();
            return true;
        }
    }

    /// <summary>Idleness counts from the last disconnect.</summary>
    public void RemoveConnection(ISessionConnection connection, DateTimeOffset now)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
            if (_connections.Count == 0) _idleSince = now;
            Settle();
        }
    }

    /// <summary>Adds someone who only looks on: closed with the session, but neither counted nor keeping it awake. False when the session is ending.</summary>
    public bool TryAddViewer(ISessionConnection viewer)
    {
        lock (_gate) return !_ending.Task.IsCompleted && _viewers.Add(viewer);
    }

    public void RemoveViewer(ISessionConnection viewer)
    {
        lock (_gate) _viewers.Remove(viewer);
    }

    public Task CloseConnectionsAsync(EndedReason reason)
    {
        ISessionConnection[] open;
        lock (_gate) open = [.. _connections, .. _viewers];
        return Task.WhenAll(open.Select(connection => connection.CloseAsync(reason)));
    }

    private (DateTimeOffset At, EndedReason? Ends)? Due()
    {
        if (_ending.Task.IsCompleted || _completed.Task.IsCompleted) return null;
        var timed = TimedDue();
        return _fault is { } fault && _record.Status is SessionStatus.Ready && fault.At < timed.At ? (fault.At, null) : timed;
    }

    private (DateTimeOffset At, EndedReason? Ends) TimedDue()
    {
        var ttl = (_record.ExpiresAt, EndedReason.TtlExpired);
        if (!_provisioned.Task.IsCompleted && _record.ProvisionedAt < ttl.ExpiresAt) return (_record.ProvisionedAt, null);
        if (_record.Status is SessionStatus.Ready && _connections.Count == 0 && _idleSince + _idleLimit < ttl.ExpiresAt)
            return (_idleSince + _idleLimit, EndedReason.IdleExpired);
        return ttl;
    }

    /// <summary>After every change: when it is next due, and whether something real is under way until then.</summary>
    private void Settle()
    {
        _deadlines.Set(this, Due()?.At);
        var busy = IsBusy();
        if (_busy == busy) return;
        _busy = busy;
        if (busy) _inFlight.Begin();
        else _inFlight.End();
    }

    private bool IsBusy()
    {
        if (_completed.Task.IsCompleted || _awaitsStorage) return false;
        if (_ending.Task.IsCompleted) return true;
        var awaitsTime = _awaitsTime && !_provisioned.Task.IsCompleted;
        return _record.Status is SessionStatus.Creating && !_inLine && !awaitsTime;
    }
}
