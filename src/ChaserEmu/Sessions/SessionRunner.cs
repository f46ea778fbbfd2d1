using ChaserEmu.Accounts;
using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Egress;
using ChaserEmu.Faults;
using ChaserEmu.Storage;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Sessions;

/// <summary>Leads one session through its life, and is the only one to write its record.</summary>
internal sealed partial class SessionRunner(
    IBrowserSource browsers,
    IDeviceSource devices,
    SessionStore store,
    EmulatedClock clock,
    AccountRegistry accounts,
    AuditLog audit,
    TransitionFeed transitions,
    FaultRegistry plan,
    IOptions<SessionOptions> options,
    ILogger<SessionRunner> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private const string LoopbackProxy = "127.0.0.1";

    private volatile bool _stopping;

    /// <summary>From now on what cannot be recorded is left to the next start, which closes it.</summary>
    public void StopRetrying() => _stopping = true;

    /// <summary>From <c>creating</c> to a terminal record. Completes when nothing else of the session is left.</summary>
    public async Task RunAsync(LiveSession session)
    {
        using var faults = new BrowserFaultInjector(plan, session);
        Session record;
        try
        {
            await StartAsync(session, faults);
            await WatchAsync(session);
            record = await EndAsync(session);
        }
        finally
        {
            // Before anyone hears of the end, or of a breakdown: who does may count on the place.
            accounts.Get(session.Workspace).ReleaseSlot(session.Id);
        }

        transitions.Publish(Transition.FromSession(record));
        session.Complete(record);
        LogEnded(logger, session.Id, record.Status, record.EndedReason, record.Bytes.Up, record.Bytes.Down);
    }

    private async Task StartAsync(LiveSession session, BrowserFaultInjector faults)
    {
        try
        {
            await BecomeReadyAsync(session, faults);
        }
        catch (OperationCanceledException) when (session.EndingToken.IsCancellationRequested)
        {
            // It was ended while creating.
        }
        catch (StorageUnavailableException) when (_stopping)
        {
            // It is being ended.
        }
        catch (BrowserUnavailableException failure)
        {
            LogNoBrowser(logger, session.Id, failure.Message);
            session.TryEnd(null, clock.GetUtcNow());
        }
        catch (Exception failure)
        {
            LogFailed(logger, session.Id, failure);
            session.TryEnd(null, clock.GetUtcNow());
        }
    }

    private async Task BecomeReadyAsync(LiveSession session, BrowserFaultInjector faults)
    {
        if (session.ProvisioningFault?.Effect is ProvisioningErrorFault)
        {
            session.SetAwaitingProvisioningDelay();
            await session.ProvisioningDelayElapsed.WaitAsync(session.EndingToken);
            session.TryEnd(null, clock.GetUtcNow());
            return;
        }

        Device device;
        if (session.IsTestMode)
        {
            device = devices.Next("test mode");
        }
        else
        {
            var browser = await browsers.AcquireAsync(session.SetQueued, session.EndingToken);
            session.AttachBrowser(browser);
            browser.SetEgressFaults(new EgressFaultInjector(plan, new FaultContext(session.Workspace, session.Id)));
            device = browser.Device;
        }

        session.SetAwaitingProvisioningDelay();
        await session.ProvisioningDelayElapsed.WaitAsync(session.EndingToken);
        session.EndingToken.ThrowIfCancellationRequested();
        if (session.Browser is { Crashed.IsCompleted: true }) throw new BrowserUnavailableException("The browser died before the session was ready.");

        var ready = session.Current;
        await RecordAsync(session, () =>
        {
            ready = session.Current.MarkReady(device.Name, LoopbackProxy, options.Value.Region, clock.GetUtcNow());
            return store.UpdateAsync(ready, AuditEvent.ForSession(ready, ready.ReadyAt!.Value, "session.ready"));
        }, _ => { }, session.EndingToken);
        audit.NotifyFollowers(ready.Workspace);
        transitions.Publish(Transition.FromSession(ready));
        faults.Start(ready.ReadyAt!.Value);
        session.MarkReady(ready);
        LogReady(logger, session.IsTestMode ? LogLevel.Debug : LogLevel.Information, session.Id, device.Name);
    }

    private async Task WatchAsync(LiveSession session)
    {
        if (session.Browser is { } browser && await Task.WhenAny(session.EndRequested, browser.Crashed) == browser.Crashed)
            session.TryEnd(EndedReason.SubstrateDown, clock.GetUtcNow());
    }

    /// <summary>Whatever goes wrong with a client's connection, the browser is ended and the record written.</summary>
    private async Task CloseConnectionsAsync(LiveSession session, EndedReason? reason)
    {
        try
        {
            if (reason is { } why) await session.CloseConnectionsAsync(why);
        }
        catch (Exception failure)
        {
            LogConnectionFailed(logger, session.Id, failure);
        }
    }

    /// <summary>The final record, durable and charged.</summary>
    private async Task<Session> EndAsync(LiveSession session)
    {
        var end = await session.EndRequested;
        await CloseConnectionsAsync(session, end.Reason);
        if (session.Browser is { } browser) await browser.DisposeAsync();

        var last = session.Current;
        var record = end.Reason is { } why ? last.Close(why, end.At) : last.Fail(end.At);
        var told = AuditEvent.ForSession(record, end.At, "session.ended", record.EndedReason?.ToWire() ?? "error");
        await RecordAsync(session, () => store.CloseAsync(record, options.Value.Region, told), failure =>
        {
            if (session.TryReportPersistFailure(failure)) LogNotRecorded(logger, session.Id);
        }, CancellationToken.None);
        audit.NotifyFollowers(record.Workspace);

        accounts.Get(record.Workspace).AddToBalance(-record.BilledMicroUsd);
        return record;
    }

    /// <summary>Until it is written: a full disk has room again one day.</summary>
    private async Task RecordAsync(LiveSession session, Func<Task> write, Action<StorageUnavailableException> onFailure, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await write();
                return;
            }
            catch (StorageUnavailableException failure) when (!_stopping)
            {
                onFailure(failure);
            }

            session.SetAwaitingStorage(true);
            try
            {
                await Task.Delay(RetryAfter, TimeProvider.System, cancellationToken);
            }
            finally
            {
                session.SetAwaitingStorage(false);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The end of {Session} could not be recorded; that is tried again every second")]
    private static partial void LogNotRecorded(ILogger logger, SessionId session);

    /// <summary>In test mode every session becomes ready by itself, and thousands may do so in a second.</summary>
    [LoggerMessage(Message = "{Session} is ready: {Device}")]
    private static partial void LogReady(ILogger logger, LogLevel level, SessionId session, string device);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Session} ended: {Status} {Reason}, {Up} bytes up, {Down} bytes down")]
    private static partial void LogEnded(ILogger logger, SessionId session, SessionStatus status, EndedReason? reason, long up, long down);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Session}: a client's connection could not be closed properly")]
    private static partial void LogConnectionFailed(ILogger logger, SessionId session, Exception failure);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Session} could not become ready. {Why}")]
    private static partial void LogNoBrowser(ILogger logger, SessionId session, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Session} could not become ready")]
    private static partial void LogFailed(ILogger logger, SessionId session, Exception failure);
}
