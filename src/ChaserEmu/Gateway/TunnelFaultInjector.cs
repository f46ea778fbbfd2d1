using ChaserEmu.Domain;
using ChaserEmu.Faults;

namespace ChaserEmu.Gateway;

/// <summary>What a fault does to a whole connection.</summary>
internal interface IFaultableConnection
{
    /// <summary>Says goodbye with this close frame, and ends.</summary>
    Task CloseAsync(ushort code, string reason);

    /// <summary>Breaks off without a word.</summary>
    void Drop();
}

/// <summary>
/// The rule that one connection meets, if any: found when it opens or whenever rules change, kept until it is deleted.
/// Both of the connection's directions look at it, and rules may change at any time.
/// </summary>
internal sealed class TunnelFaultInjector : IDisposable
{
    private readonly Lock _gate = new();
    private readonly FaultRegistry _plan;
    private readonly FaultContext _subject;
    private readonly IFaultableConnection _connection;
    private volatile FaultRule? _rule;
    private long _asked;
    private long _frames;
    private long _bytes;
    private int _struck;

    public TunnelFaultInjector(FaultRegistry plan, FaultContext subject, IFaultableConnection connection)
    {
        (_plan, _subject, _connection) = (plan, subject, connection);
        plan.Changed += Look;
        Look();
    }

    /// <summary>The rule in force for a direction; null is none.</summary>
    public FaultRule? GetRule(CdpDirection direction) =>
        _rule is { Removed.IsCompleted: false } rule && (rule.Definition.Match.Direction ?? direction) == direction ? rule : null;

    /// <summary>Before a frame passes: waits as long as the rule holds it. False when the connection has been ended instead.</summary>
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
                if (Interlocked.Exchange(ref _struck, 1) == 0) _plan.Fire(rule, _subject);
                await rule.Removed.WaitAsync(cancellationToken);
                return true;
            default:
                Strike(rule);
                return false;
        }
    }

    /// <summary>A frame, or a part of one, has passed while the rule was in force.</summary>
    public void Count(FaultRule rule, int bytes, bool whole)
    {
        Interlocked.Add(ref _bytes, bytes);
        if (whole) Interlocked.Increment(ref _frames);

        // The last frame that may pass need not wait for another.
        if (whole && rule.Effect is not CdpStallFault && rule.Effect is DeferredTunnelFault fault && fault.IsDue(_frames, _bytes)) Strike(rule);
    }

    public void Dispose()
    {
        _plan.Changed -= Look;
        if (_rule is { Effect.IsDeferred: true } rule && Volatile.Read(ref _struck) == 0) rule.Release();
    }

    private void Look()
    {
        lock (_gate)
        {
            if (_rule is { Removed.IsCompleted: false }) return;
            _rule = _plan.Acquire(FaultSite.Tunnel, _subject, ref _asked);
            (_frames, _bytes, _struck) = (0, 0, 0);
            if (_rule is { Effect: DeferredTunnelFault fault and not CdpStallFault } rule && fault.IsDue(0, 0)) Strike(rule);
        }
    }

    private void Strike(FaultRule rule)
    {
        if (Interlocked.Exchange(ref _struck, 1) != 0) return;
        _plan.Fire(rule, _subject);
        if (rule.Effect is CdpCloseFault close) _ = _connection.CloseAsync((ushort)close.Code, close.Reason);
        else _connection.Drop();
    }
}
