using ChaserEmu.Accounts;
using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Egress;
using ChaserEmu.Faults;
using ChaserEmu.Storage;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Sessions;

/// <summary>Runs one session from <c>creating</c> to its end. It is the only writer of the session's record.</summary>
internal sealed partial class SessionRunner(
    IBrowserSource browsers,
    IDeviceSource devices,
    SessionStore store,
    EmulatedClock clock,
    AccountRegistry accounts,
    AuditLog audit,
    SessionEvents events,
    FaultRegistry faultRegistry,
    FailedRequestLog failedRequests,
    IOptions<SessionOptions> options,
    ILogger<SessionRunner> logger)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private volatile bool _stopping;

    /// <summary>Stops retrying failed writes. The next start closes the sessions whose end is not persisted.</summary>
    public void StopRetrying() => _stopping = true;

    /// <summary>Runs the session until its final record is persisted and its browser and connections are closed.</summary>
    public async Task RunAsync(LiveSession session)
    {
        using var faultInjector = new BrowserFaultInjector(faultRegistry, session, logger);
        Session record;
        try
        {
            await StartAsync(session, faultInjector);
            await WatchAsync(session);
            record = await EndAsync(session);
        }
        finally
        {
            // Before the end is published: a client that sees the session ended may create the next one at once.
            accounts.Get(session.Workspace).ReleaseSlot(session.Id);
        }

        events.Publish(record);
        session.Complete(record);
        LogEnded(logger, session.Id, record.Status.ToWire(), record.EndedReason?.ToWire() ?? "null", record.Bytes.Up, record.Bytes.Down);
    }

    private async Task StartAsync(LiveSession session, BrowserFaultInjector faultInjector)
    {
        try
        {
            await BecomeReadyAsync(session, faultInjector);
        }
        catch (OperationCanceledException) when (session.EndingToken.IsCancellationRequested)
        {
            // The session was ended while creating.
        }
        catch (StorageUnavailableException) when (_stopping)
        {
            // The emulator is stopping, which ends the session.
        }
        catch (BrowserUnavailableException exception)
        {
            LogNoBrowser(logger, session.Id, exception.Message);
            session.TryEnd(null, clock.GetUtcNow());
        }
        catch (Exception exception)
        {
            LogFailed(logger, session.Id, exception);
            session.TryEnd(null, clock.GetUtcNow());
        }
    }

    private async Task BecomeReadyAsync(LiveSession session, BrowserFaultInjector faultInjector)
    {
        if (session.Fault is { EndsInError: true })
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
            browser.SetEgressFaults(new EgressFaultInjector(faultRegistry, new FaultContext(session.Workspace, session.Id), failedRequests));
            device = browser.Device;
        }

        session.SetAwaitingProvisioningDelay();
        await session.ProvisioningDelayElapsed.WaitAsync(session.EndingToken);
        session.EndingToken.ThrowIfCancellationRequested();
        if (session.Browser is { Crashed.IsCompleted: true }) throw new BrowserUnavailableException("The browser exited before the session was ready.");

        // The TTL also passes while a session is creating. At a fast clock, its deadline can have passed without being handled yet.
        var expiresAt = session.Current.ExpiresAt;
        if (clock.GetUtcNow() >= expiresAt)
        {
            session.TryEnd(EndedReason.TtlExpired, expiresAt);
            return;
        }

        var ready = session.Current;
        await PersistAsync(session, () =>
        {
            // The clock also moves between the check and the write.
            var now = clock.GetUtcNow();
            ready = session.Current.MarkReady(device.Name, browsers.ProxyIp, options.Value.Region, now < expiresAt ? now : expiresAt);
            return store.UpdateAsync(ready, AuditEvent.ForSession(ready, ready.ReadyAt!.Value, "session.ready"));
        }, _ => { }, session.EndingToken);
        audit.NotifyFollowers(ready.Workspace);
        faultInjector.Start(ready.ReadyAt!.Value);
        session.MarkReady(ready, () => events.Publish(ready));
        LogReady(logger, session.IsTestMode ? LogLevel.Debug : LogLevel.Information, session.Id, device.Name);
    }

    private async Task WatchAsync(LiveSession session)
    {
        if (session.Browser is { } browser && await Task.WhenAny(session.EndRequested, browser.Crashed) == browser.Crashed)
            session.TryEnd(EndedReason.SubstrateDown, clock.GetUtcNow());
    }

    /// <summary>Closes the client connections. Failures are logged only, so that the browser is closed and the record written in any case.</summary>
    private async Task CloseConnectionsAsync(LiveSession session, EndedReason? reason)
    {
        try
        {
            if (reason is { } why) await session.CloseConnectionsAsync(why);
        }
        catch (Exception exception)
        {
            LogConnectionFailed(logger, session.Id, exception);
        }
    }

    /// <summary>Closes connections and browser, then persists and charges the final record. Returns that record.</summary>
    private async Task<Session> EndAsync(LiveSession session)
    {
        var end = await session.EndRequested;
        await CloseConnectionsAsync(session, end.Reason);
        if (session.Browser is { } browser) await browser.DisposeAsync();

        var last = session.Current;
        var record = end.Reason is { } why ? last.Close(why, end.At) : last.Fail(end.At);
        var auditEvent = AuditEvent.ForSession(record, end.At, "session.ended", record.EndedReason?.ToWire() ?? "error");
        await PersistAsync(session, () => store.CloseAsync(record, options.Value.Region, auditEvent), exception =>
        {
            if (session.TryReportPersistFailure(exception)) LogNotRecorded(logger, session.Id);
        }, CancellationToken.None);
        audit.NotifyFollowers(record.Workspace);

        accounts.Get(record.Workspace).AddToBalance(-record.BilledMicroUsd);
        return record;
    }

    /// <summary>Retries a write every second while storage is unavailable, for example because the disk is full.</summary>
    private async Task PersistAsync(LiveSession session, Func<Task> write, Action<StorageUnavailableException> onFailure, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await write();
                return;
            }
            catch (StorageUnavailableException exception) when (!_stopping)
            {
                onFailure(exception);
            }

            session.SetAwaitingStorage(true);
            try
            {
                await Task.Delay(RetryInterval, TimeProvider.System, cancellationToken);
            }
            finally
            {
                session.SetAwaitingStorage(false);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Could not persist the end of {Session}; retrying every second")]
    private static partial void LogNotRecorded(ILogger logger, SessionId session);

    /// <summary>The level is Debug in test mode, where thousands of sessions a second can become ready.</summary>
    [LoggerMessage(Message = "{Session} is ready: device={Device}")]
    private static partial void LogReady(ILogger logger, LogLevel level, SessionId session, string device);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Session} ended: status={Status} ended_reason={Reason} bytes_up={Up} bytes_down={Down}")]
    private static partial void LogEnded(ILogger logger, SessionId session, string status, string reason, long up, long down);

    [LoggerMessage(Level = LogLevel.Error, Message = "Could not close a client connection of {Session} cleanly")]
    private static partial void LogConnectionFailed(ILogger logger, SessionId session, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Session} could not become ready. {Why}")]
    private static partial void LogNoBrowser(ILogger logger, SessionId session, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Session} could not become ready")]
    private static partial void LogFailed(ILogger logger, SessionId session, Exception exception);
}
