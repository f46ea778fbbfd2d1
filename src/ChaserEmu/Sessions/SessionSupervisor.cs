using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Storage;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Sessions;

/// <summary>Serves the earliest deadline of all sessions, moves time for those who ask, and keeps the recorded byte counts fresh.</summary>
internal sealed partial class SessionSupervisor(
    SessionRegistry directory,
    SessionStore store,
    EmulatedClock clock,
    DeadlineQueue deadlines,
    PendingWork inFlight,
    TransitionFeed transitions,
    AccountRegistry accounts,
    AuditLog audit,
    IOptions<SessionOptions> options,
    ILogger<SessionSupervisor> logger) : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(1);

    /// <summary>Held while deadlines are served, so that an advance and the passing of time never serve them both at once.</summary>
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Whether what the last run left open has been closed.</summary>
    public bool HasRecovered { get; private set; }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await CloseOrphansAsync();
        HasRecovered = true;
        clock.Changed += deadlines.Signal;
        await base.StartAsync(cancellationToken);
    }

    /// <summary>
    /// Moves the clock to <paramref name="target"/>. What falls due on the way happens in order of its due time, with the clock
    /// standing at that time, and all of it has settled when this returns the transitions it caused.
    /// </summary>
    public async Task<IReadOnlyList<Transition>> AdvanceAsync(DateTimeOffset target, CancellationToken cancellationToken) =>
        await AdvanceAsync(_ => target, cancellationToken);

    /// <inheritdoc cref="AdvanceAsync(DateTimeOffset, CancellationToken)"/>
    public async Task<IReadOnlyList<Transition>> AdvanceAsync(TimeSpan by, CancellationToken cancellationToken) =>
        await AdvanceAsync(now => now + by, cancellationToken);

    /// <summary>Closes the sessions that are recorded as open but of which nothing lives, and says how many that were.</summary>
    public async Task<int> CloseOrphansAsync()
    {
        var orphans = await store.CloseOrphansAsync(
            clock.GetUtcNow(), options.Value.Region, orphan => AuditEvent.ForSession(orphan, orphan.EndedAt!.Value, "session.ended", EndedReason.AbandonedOrphan.ToWire()));
        foreach (var orphan in orphans)
        {
            LogOrphan(logger, orphan.Id);
            accounts.Get(orphan.Workspace).AddToBalance(-orphan.BilledMicroUsd);
            audit.NotifyFollowers(orphan.Workspace);
            transitions.Publish(Transition.FromSession(orphan));
        }

        return orphans.Count;
    }

    /// <summary>Puts the clock back to where it starts, or to where <paramref name="to"/> says. No session is open, so nothing falls due.</summary>
    public async Task ResetClockAsync(ClockReading? to = null)
    {
        await _turn.WaitAsync();
        try
        {
            clock.Reset(to);
        }
        finally
        {
            _turn.Release();
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Before the server stops, which waits for open connections: those of sessions end with them.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken) => directory.ShutdownAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Dispose()
    {
        clock.Changed -= deadlines.Signal;
        _turn.Dispose();
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
            // The end.
        }
        catch (Exception failure)
        {
            // Without a supervisor nothing would expire any more: the host stops.
            LogBroken(logger, failure);
            throw;
        }
    }

    private async Task<IReadOnlyList<Transition>> AdvanceAsync(Func<DateTimeOffset, DateTimeOffset> target, CancellationToken cancellationToken)
    {
        var seen = new List<Transition>();
        void Note(Transition transition)
        {
            lock (seen) seen.Add(transition);
        }

        await _turn.WaitAsync(cancellationToken);
        transitions.Published += Note;
        try
        {
            var end = target(clock.BeginAdvance());
            await inFlight.WaitForCompletionAsync().WaitAsync(cancellationToken);
            while (deadlines.TryPeek(out var due, out var session) && due <= end)
            {
                clock.StepTo(due);
                session.HandleDeadline(due);
                await inFlight.WaitForCompletionAsync().WaitAsync(cancellationToken);
            }

            clock.StepTo(end);
            lock (seen) return [.. seen];
        }
        finally
        {
            clock.EndAdvance();
            transitions.Published -= Note;
            _turn.Release();
        }
    }

    private async Task ServeDeadlinesAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await _turn.WaitAsync(stoppingToken);
            try
            {
                while (deadlines.TryPeek(out var due, out var session) && clock.GetRealTimeUntil(due) == TimeSpan.Zero) session.HandleDeadline(due);
            }
            finally
            {
                _turn.Release();
            }

            await WaitForNextAsync(stoppingToken);
        }
    }

    private async Task WaitForNextAsync(CancellationToken stoppingToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var signalled = deadlines.WaitForSignalAsync(waiting.Token);
        if (deadlines.GetNextAndArm() is { } due && clock.GetRealTimeUntil(due) is { } wait)
        {
            // A timer's longest span is 49 days; waking early does no harm.
            var capped = wait < TimeSpan.FromDays(1) ? wait : TimeSpan.FromDays(1);
            await Task.WhenAny(signalled, Task.Delay(capped, TimeProvider.System, waiting.Token));
        }
        else
        {
            await Task.WhenAny(signalled);
        }

        await waiting.CancelAsync();
        await signalled.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private async Task FlushBytesAsync(CancellationToken stoppingToken)
    {
        var flushed = new Dictionary<SessionId, ByteCount>();
        using var timer = new PeriodicTimer(FlushInterval, TimeProvider.System);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var current = directory.Live.Where(session => session.Browser is not null).Select(session => session.Current).ToList();
            var moved = current.FindAll(record => flushed.GetValueOrDefault(record.Id) != record.Bytes);
            try
            {
                if (moved.Count > 0) await store.FlushBytesAsync(moved);
                flushed = current.ToDictionary(record => record.Id, record => record.Bytes);
            }
            catch (StorageUnavailableException)
            {
                // Which has been said. The disk may have room again: the next second brings the same counts and more.
            }
            catch (Exception failure)
            {
                LogFlushFailed(logger, failure);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The byte counts of open sessions could not be recorded; trying again in a second")]
    private static partial void LogFlushFailed(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Critical, Message = "The supervisor of sessions broke down, and the emulator with it")]
    private static partial void LogBroken(ILogger logger, Exception failure);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Session} was left open by an earlier run and is closed as abandoned_orphan")]
    private static partial void LogOrphan(ILogger logger, SessionId session);
}
