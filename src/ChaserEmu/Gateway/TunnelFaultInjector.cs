using ChaserEmu.Domain;
using ChaserEmu.Faults;

namespace ChaserEmu.Gateway;

/// <summary>A connection that a fault can close or drop.</summary>
internal interface IFaultableConnection
{
    /// <summary>Sends a close frame and ends the connection.</summary>
    Task CloseAsync(ushort code, string reason);

    /// <summary>Resets the connection without a close frame.</summary>
    void Drop();
}

/// <summary>
/// Applies at most one fault rule to a connection. It looks for a rule when the connection opens and whenever the rules change, and
/// keeps the rule until it is deleted. Both directions use the rule, and the rules can change at any time.
/// </summary>
internal sealed class TunnelFaultInjector : IDisposable
{
    private readonly Lock _lock = new();
    private readonly FaultRegistry _registry;
    private readonly FaultContext _context;
    private readonly IFaultableConnection _connection;
    private volatile FaultRule? _rule;
    private long _lastRuleNumber;
    private long _frames;
    private long _bytes;
    private int _hasTriggered;

    public TunnelFaultInjector(FaultRegistry registry, FaultContext context, IFaultableConnection connection)
    {
        (_registry, _context, _connection) = (registry, context, connection);
        registry.Changed += AcquireRule;
        AcquireRule();
    }

    /// <summary>Returns the active rule for a direction, or null.</summary>
    public FaultRule? GetRule(CdpDirection direction) =>
        _rule is { Removed.IsCompleted: false } rule && (rule.Definition.Match.Direction ?? direction) == direction ? rule : null;

    /// <summary>Applies the rule before a frame is forwarded: delays the frame, or ends the connection. Returns false if the connection was ended.</summary>
    public async ValueTask<bool> ApplyBeforeFrameAsync(FaultRule rule, CancellationToken cancellationToken)
    {
        switch (rule.Effect)
        {
            case CdpDelayFault delay:
                await Task.WhenAny(rule.Removed, Task.Delay(TimeSpan.FromMilliseconds(delay.Milliseconds), TimeProvider.System, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
                return true;
            case DeferredTunnelFault fault when !fault.IsDue(Volatile.Read(ref _frames), Volatile.Read(ref _bytes)):
                return true;
            case CdpStallFault:
                if (Interlocked.Exchange(ref _hasTriggered, 1) == 0) _registry.Fire(rule, _context);
                await rule.Removed.WaitAsync(cancellationToken);
                return true;
            default:
                Trigger(rule);
                return false;
        }
    }

    /// <summary>Counts a frame, or a part of one, that was forwarded while the rule was active.</summary>
    public void Count(FaultRule rule, int bytes, bool isFrameComplete)
    {
        Interlocked.Add(ref _bytes, bytes);
        if (isFrameComplete) Interlocked.Increment(ref _frames);

        // The rule fires right after the last allowed frame and does not wait for the next one.
        if (isFrameComplete && rule.Effect is not CdpStallFault && rule.Effect is DeferredTunnelFault fault && fault.IsDue(_frames, _bytes)) Trigger(rule);
    }

    public void Dispose()
    {
        _registry.Changed -= AcquireRule;
        if (_rule is { Effect.IsDeferred: true } rule && Volatile.Read(ref _hasTriggered) == 0) rule.Release();
    }

    private void AcquireRule()
    {
        lock (_lock)
        {
            if (_rule is { Removed.IsCompleted: false }) return;
            _rule = _registry.Acquire(FaultSite.Tunnel, _context, ref _lastRuleNumber);
            (_frames, _bytes, _hasTriggered) = (0, 0, 0);
            if (_rule is { Effect: DeferredTunnelFault fault and not CdpStallFault } rule && fault.IsDue(0, 0)) Trigger(rule);
        }
    }

    private void Trigger(FaultRule rule)
    {
        if (Interlocked.Exchange(ref _hasTriggered, 1) != 0) return;
        _registry.Fire(rule, _context);
        if (rule.Effect is CdpCloseFault close) _ = _connection.CloseAsync((ushort)close.Code, close.Reason);
        else _connection.Drop();
    }
}
