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
            _session.ScheduleFault(readyAt + ((IBrowserFault)rule.Fault).After, at => Trigger(rule, at));
        }
    }

    private void Trigger(FaultRule rule, DateTimeOffset at)
    {
        if (rule.Removed.IsCompleted) return;
        lock (_lock) _pending = null;
        var fault = (IBrowserFault)rule.Fault;
        var browser = new FaultableBrowser(_session, rule, at);
        if (fault.GetObstacle(browser) is { } obstacle)
        {
            // Not counted as fired, so that no test passes because of a fault that had no effect.
            rule.Release();
            LogImpossible(_logger, rule.Id, _session.Id, obstacle);
        }
        else
        {
            _faultRegistry.Fire(rule, Context);
            fault.Apply(browser);
        }

        AcquireNext();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Fault {Rule} did not fire: the browser of {Session} {Obstacle}.")]
    private static partial void LogImpossible(ILogger logger, string rule, SessionId session, string obstacle);

    /// <summary>The browser of a session while a rule fires. In test mode, and after a client has closed the browser, there is no process.</summary>
    private sealed class FaultableBrowser(LiveSession session, FaultRule rule, DateTimeOffset at) : IFaultableBrowser
    {
        public bool CanFreeze => session.Browser is null || session.Browser.Capabilities.HasFlag(BrowserCapabilities.Freeze);

        public void Crash()
        {
            session.Browser?.Kill();
            session.TryEnd(EndedReason.SubstrateDown, at);
        }

        public void Freeze()
        {
            if (session.Browser is { } browser) _ = FreezeAsync(browser);
        }

        private async Task FreezeAsync(IBrowser browser)
        {
            browser.Freeze();
            if (await Task.WhenAny(rule.Removed, session.EndRequested) == rule.Removed) browser.Thaw();
        }
    }
}
