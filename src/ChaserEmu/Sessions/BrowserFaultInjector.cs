using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Faults;

namespace ChaserEmu.Sessions;

/// <summary>Applies fault rules to the browser of one session, from the time it is ready. Rules that are added later apply too.</summary>
internal sealed partial class BrowserFaultInjector : IDisposable
{
    private readonly Lock _lock = new();
    private readonly FaultRegistry _faultRegistry;
    private readonly LiveSession _session;
    private readonly ILogger _logger;
    private DateTimeOffset? _readyAt;
    private long _lastRuleNumber;
    private FaultRule? _pending;

    public BrowserFaultInjector(FaultRegistry faultRegistry, LiveSession session, ILogger logger)
    {
        (_faultRegistry, _session, _logger) = (faultRegistry, session, logger);
        faultRegistry.Changed += AcquireNext;
    }

    private FaultContext Context => new(_session.Workspace, _session.Id);

    /// <summary>Starts to apply rules. Delays (<c>after_seconds</c>) count from <paramref name="readyAt"/>.</summary>
    public void Start(DateTimeOffset readyAt)
    {
        lock (_lock) _readyAt = readyAt;
        AcquireNext();
    }

    public void Dispose()
    {
        _faultRegistry.Changed -= AcquireNext;
        lock (_lock) _pending?.Release();
    }

    private void AcquireNext()
    {
        lock (_lock)
        {
            if (_readyAt is not { } readyAt || _session.EndRequested.IsCompleted) return;

            // A rule reserves the browser until it fires or is deleted.
            if (_pending is { Removed.IsCompleted: false }) return;
            _pending = null;
            if (_faultRegistry.Acquire(FaultSite.Browser, Context, ref _lastRuleNumber) is not { } rule) return;
            _pending = rule;
            var effect = (DeferredBrowserFault)rule.Effect;
            _session.ScheduleFault(readyAt + TimeSpan.FromSeconds(effect.AfterSeconds), at => Trigger(rule, at));
        }
    }

    private void Trigger(FaultRule rule, DateTimeOffset at)
    {
        if (rule.Removed.IsCompleted) return;
        lock (_lock) _pending = null;
        if (rule.Effect is BrowserFreezeFault && _session.Browser is { } frozen && !frozen.Capabilities.HasFlag(BrowserCapabilities.Freeze))
        {
            // Not counted as fired, so that no test passes because of a fault that had no effect.
            rule.Release();
            LogCannotFreeze(_logger, rule.Id, _session.Id);
            AcquireNext();
            return;
        }

        _faultRegistry.Fire(rule, Context);
        if (rule.Effect is BrowserCrashFault)
        {
            // The session ends even without a process: in test mode, or after the client has closed the browser.
            _session.Browser?.Kill();
            _session.TryEnd(EndedReason.SubstrateDown, at);
        }
        else if (_session.Browser is { } browser)
        {
            _ = FreezeAsync(browser, rule.Removed);
        }

        AcquireNext();
    }

    private async Task FreezeAsync(IBrowser browser, Task removed)
    {
        browser.Freeze();
        if (await Task.WhenAny(removed, _session.EndRequested) == removed) browser.Thaw();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fault {Rule} did not fire: the browser of {Session} cannot be frozen.")]
    private static partial void LogCannotFreeze(ILogger logger, string rule, SessionId session);
}
