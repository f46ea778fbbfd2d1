using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Events;
using ChaserEmu.Storage;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Sessions;

/// <summary>Handles the deadlines of all sessions in order, advances the clock on request, and flushes byte counts every second.</summary>
internal sealed partial class SessionSupervisor(
    SessionRegistry sessions,
    SessionStore store,
    EmulatedClock clock,
    DeadlineQueue deadlines,
    PendingWork pendingWork,
    EventFeed events,
    SessionEvents sessionEvents,
    AccountRegistry accounts,
    AuditLog audit,
    IOptions<SessionOptions> options,
    ILogger<SessionSupervisor> logger) : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    /// <summary>Held while deadlines are handled, so that an advance and the background loop never handle them at the same time.</summary>
    private readonly SemaphoreSlim _deadlineLock = new(1, 1);

    /// <summary>Gets whether the sessions that an earlier run left open have been closed.</summary>
    public bool HasRecovered { get; private set; }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await CloseOrphansAsync();
        HasRecovered = true;
        clock.Changed += deadlines.Signal;
        clock.Changed += PublishClock;
        await base.StartAsync(cancellationToken);
    }

    /// <summary>
    /// Advances the clock to <paramref name="target"/>. Deadlines on the way are handled in order, each with the clock at its own due
    /// time. Returns, once the effects of all of them are complete, the transitions they caused.
    /// </summary>
    public async Task<IReadOnlyList<SessionTransition>> AdvanceAsync(DateTimeOffset target, CancellationToken cancellationToken) =>
        await AdvanceAsync(_ => target, cancellationToken);

    /// <inheritdoc cref="AdvanceAsync(DateTimeOffset, CancellationToken)"/>
    public async Task<IReadOnlyList<SessionTransition>> AdvanceAsync(TimeSpan by, CancellationToken cancellationToken) =>
        await AdvanceAsync(now => now + by, cancellationToken);

    /// <summary>Closes the sessions that are open in the database but not in memory, as <c>abandoned_orphan</c>. Returns their number.</summary>
    public async Task<int> CloseOrphansAsync()
    {
        var orphans = await store.CloseOrphansAsync(
            clock.GetUtcNow(), options.Value.Region, orphan => AuditEvent.ForSession(orphan, orphan.EndedAt!.Value, "session.ended", EndedReason.AbandonedOrphan.ToWire()));
        foreach (var orphan in orphans)
        {
            LogOrphan(logger, orphan.Id);
            accounts.Get(orphan.Workspace).AddToBalance(-orphan.BilledMicroUsd);
            audit.NotifyFollowers(orphan.Workspace);
            sessionEvents.Publish(orphan);
        }

        return orphans.Count;
    }

    /// <summary>Resets the clock to its start, or to <paramref name="to"/>. No session may be open.</summary>
    public async Task ResetClockAsync(ClockReading? to = null)
    {
        await _deadlineLock.WaitAsync();
        try
        {
            clock.Reset(to);
        }
        finally
        {
            _deadlineLock.Release();
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Ends all sessions before the server stops, because the server waits for open connections.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) => sessions.ShutdownAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        clock.Changed -= deadlines.Signal;
        clock.Changed -= PublishClock;
        _deadlineLock.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await await Task.WhenAny(ServeDeadlinesAsync(stoppingToken), FlushBytesAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The emulator is stopping.
        }
        catch (Exception exception)
        {
            // Rethrown to stop the host: without the supervisor no session would expire.
            LogBroken(logger, exception);
            throw;
        }
    }

    private async Task<IReadOnlyList<SessionTransition>> AdvanceAsync(Func<DateTimeOffset, DateTimeOffset> target, CancellationToken cancellationToken)
    {
        var transitions = new List<SessionTransition>();
        void Record(EmulatorEvent published)
        {
            if (published is not SessionEvent { Status: not SessionStatus.Creating } changed) return;
            lock (transitions) transitions.Add(new SessionTransition(changed.SessionId, changed.Status, changed.EndedReason, changed.At));
        }

        await _deadlineLock.WaitAsync(cancellationToken);
        events.Published += Record;
        try
        {
            var end = target(clock.BeginAdvance());
            await pendingWork.WaitForCompletionAsync().WaitAsync(cancellationToken);
            while (deadlines.TryPeek(out var due, out var session) && due <= end)
            {
                clock.StepTo(due);
                session.HandleDeadline(due);
                await pendingWork.WaitForCompletionAsync().WaitAsync(cancellationToken);
            }

            clock.StepTo(end);
            lock (transitions) return [.. transitions];
        }
        finally
        {
            clock.EndAdvance();
            events.Published -= Record;
            _deadlineLock.Release();
        }
    }

    private void PublishClock()
    {
        var reading = clock.Read();
        events.Publish(new ClockEvent(reading.Rate, reading.Frozen) { At = reading.Now, RealAt = TimeProvider.System.GetUtcNow() });
    }

    private void PublishBytes(Session record) => events.Publish(
        new BytesEvent(record.Id.ToString(), record.Workspace.Value, record.CdpBytes.ToResource(), record.EgressBytes.ToResource())
        {
            At = clock.GetUtcNow(),
            RealAt = TimeProvider.System.GetUtcNow(),
        });

    private async Task ServeDeadlinesAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await _deadlineLock.WaitAsync(stoppingToken);
            try
            {
                while (deadlines.TryPeek(out var due, out var session) && clock.GetRealTimeUntil(due) == TimeSpan.Zero) session.HandleDeadline(due);
            }
            finally
            {
                _deadlineLock.Release();
            }

            await WaitForNextAsync(stoppingToken);
        }
    }

    private async Task WaitForNextAsync(CancellationToken stoppingToken)
    {
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var signalled = deadlines.WaitForSignalAsync(cancellation.Token);
        if (deadlines.GetNextAndArm() is { } due && clock.GetRealTimeUntil(due) is { } wait)
        {
            // Task.Delay allows at most 49 days. Waking up early is harmless.
            var delay = wait < TimeSpan.FromDays(1) ? wait : TimeSpan.FromDays(1);
            await Task.WhenAny(signalled, Task.Delay(delay, TimeProvider.System, cancellation.Token));
        }
        else
        {
            await Task.WhenAny(signalled);
        }

        await cancellation.CancelAsync();
        await signalled.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task FlushBytesAsync(CancellationToken stoppingToken)
    {
        var flushed = new Dictionary<SessionId, ByteCount>();
        using var timer = new PeriodicTimer(FlushInterval, TimeProvider.System);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var current = sessions.Live.Where(session => session.Browser is not null).Select(session => session.Current).ToList();
            var changed = current.FindAll(record => flushed.GetValueOrDefault(record.Id) != record.Bytes);
            changed.ForEach(PublishBytes);
            try
            {
                if (changed.Count > 0) await store.FlushBytesAsync(changed);
                flushed = current.ToDictionary(record => record.Id, record => record.Bytes);
            }
            catch (StorageUnavailableException)
            {
                // StorageHealth has logged it. The next flush includes the same counts.
            }
            catch (Exception exception)
            {
                LogFlushFailed(logger, exception);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Could not persist the byte counts of open sessions; retrying in a second")]
    private static partial void LogFlushFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The session supervisor failed; the emulator stops")]
    private static partial void LogBroken(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Session} was left open by an earlier run; closed with ended_reason=abandoned_orphan")]
    private static partial void LogOrphan(ILogger logger, SessionId session);
}
