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
    private volatile AppliedTunnelFault? _applied;
    private long _lastRuleNumber;

    public TunnelFaultInjector(FaultRegistry registry, FaultContext context, IFaultableConnection connection)
    {
        (_registry, _context, _connection) = (registry, context, connection);
        registry.Changed += AcquireRule;
        AcquireRule();
    }

    /// <summary>Returns the active fault for a direction, or null.</summary>
    public AppliedTunnelFault? GetFault(CdpDirection direction) => _applied is { } applied && applied.AppliesTo(direction) ? applied : null;

    public void Dispose()
    {
        _registry.Changed -= AcquireRule;
        _applied?.Release();
    }

    private void AcquireRule()
    {
        lock (_lock)
        {
            if (_applied is { Removed.IsCompleted: false }) return;
            var rule = _registry.Acquire(FaultSite.Tunnel, _context, ref _lastRuleNumber);
            _applied = rule is null ? null : new AppliedTunnelFault(rule, _registry, _context, _connection);
            _applied?.Begin();
        }
    }
}

/// <summary>A fault rule that applies to a connection, with what has passed since then.</summary>
internal sealed class AppliedTunnelFault(FaultRule rule, FaultRegistry registry, FaultContext context, IFaultableConnection connection) : IFaultableTunnel
{
    private readonly ITunnelFault _fault = (ITunnelFault)rule.Fault;
    private long _frames;
    private long _bytes;
    private int _hasFired;

    public long Frames => Volatile.Read(ref _frames);

    public long Bytes => Volatile.Read(ref _bytes);

    public Task Removed => rule.Removed;

    public bool AppliesTo(CdpDirection direction) => !rule.Removed.IsCompleted && (rule.Definition.Match.Direction ?? direction) == direction;

    public void Begin() => _fault.ApplyAtBoundary(this);

    /// <inheritdoc cref="ITunnelFault.ApplyBeforeFrameAsync"/>
    public ValueTask<bool> ApplyBeforeFrameAsync(CancellationToken cancellationToken) => _fault.ApplyBeforeFrameAsync(this, cancellationToken);

    /// <summary>Counts a frame, or a part of one, that was forwarded while the rule was active.</summary>
    public void Count(int bytes, bool isFrameComplete)
    {
        Interlocked.Add(ref _bytes, bytes);
        if (!isFrameComplete) return;
        Interlocked.Increment(ref _frames);
        _fault.ApplyAtBoundary(this);
    }

    /// <summary>Gives back a rule that has not fired, when the connection ends.</summary>
    public void Release()
    {
        if (_fault.IsDeferred && Volatile.Read(ref _hasFired) == 0) rule.Release();
    }

    bool IFaultableTunnel.TryFire()
    {
        if (Interlocked.Exchange(ref _hasFired, 1) != 0) return false;
        registry.Fire(rule, context);
        return true;
    }

    void IFaultableTunnel.Close(ushort code, string reason) => _ = connection.CloseAsync(code, reason);

    void IFaultableTunnel.Drop() => connection.Drop();
}
