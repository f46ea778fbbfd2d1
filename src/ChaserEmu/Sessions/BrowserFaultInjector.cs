using ChaserEmu.Domain;
using ChaserEmu.Faults;

namespace ChaserEmu.Sessions;

/// <summary>Puts faults into one session's browser, from its ready on: those of rules that are there, and of rules that are added.</summary>
internal sealed class BrowserFaultInjector : IDisposable
{
    private readonly Lock _gate = new();
    private readonly FaultRegistry _plan;
    private readonly LiveSession _session;
    private DateTimeOffset? _readyAt;
    private long _asked;
    private FaultRule? _pending;

    public BrowserFaultInjector(FaultRegistry plan, LiveSession session)
    {
        (_plan, _session) = (plan, session);
        plan.Changed += Ask;
    }

    private FaultContext Subject => new(_session.Workspace, _session.Id);

    /// <summary>The session is becoming ready; what is due then happens then.</summary>
    public void Start(DateTimeOffset readyAt)
    {
        lock (_gate) _readyAt = readyAt;
        Ask();
    }

    public void Dispose()
    {
        _plan.Changed -= Ask;
        lock (_gate) _pending?.Release();
    }

    private void Ask()
    {
        lock (_gate)
        {
            if (_readyAt is not { } readyAt || _session.EndRequested.IsCompleted) return;

            // A rule that has the browser keeps it until it strikes or is deleted.
            if (_pending is { Removed.IsCompleted: false }) return;
            _pending = null;
            if (_plan.Acquire(FaultSite.Browser, Subject, ref _asked) is not { } rule) return;
            _pending = rule;
            var effect = (BrowserFault)rule.Effect;
            _session.ScheduleFault(readyAt + TimeSpan.FromSeconds(effect.AfterSeconds), at => Strike(rule, at));
        }
    }

    private void Strike(FaultRule rule, DateTimeOffset at)
    {
        if (rule.Removed.IsCompleted) return;
        lock (_gate) _pending = null;
        _plan.Fire(rule, Subject);
        if (rule.Effect is BrowserCrashFault)
        {
            // At its due time, also where no process runs: in test mode, or where a client has closed it.
            _session.Browser?.Kill();
            _session.TryEnd(EndedReason.SubstrateDown, at);
        }
        else if (_session.Browser is { } browser)
        {
            _ = FreezeAsync(browser, rule.Removed);
        }

        Ask();
    }

    private async Task FreezeAsync(Browsers.Browser browser, Task removed)
    {
        browser.Freeze();
        if (await Task.WhenAny(removed, _session.EndRequested) == removed) browser.Thaw();
    }
}
