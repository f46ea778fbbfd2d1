namespace ChaserEmu.Faults;

/// <summary>An effect on a CDP connection. It takes effect between two frames.</summary>
internal interface ITunnelFault : IFault
{
    FaultSite IFault.Site => FaultSite.Tunnel;

    /// <summary>Called when the rule begins to apply to a connection, and after each whole frame.</summary>
    void ApplyAtBoundary(IFaultableTunnel tunnel)
    {
    }

    /// <summary>Called before each frame. Completes when the frame may pass. Returns false if the effect has ended the connection.</summary>
    ValueTask<bool> ApplyBeforeFrameAsync(IFaultableTunnel tunnel, CancellationToken cancellationToken);
}

/// <summary>A CDP connection to which a rule applies.</summary>
internal interface IFaultableTunnel
{
    /// <summary>Gets the number of whole frames that have passed since the rule applies to the connection.</summary>
    long Frames { get; }

    /// <summary>Gets the number of bytes of frames that have passed since the rule applies to the connection.</summary>
    long Bytes { get; }

    /// <summary>Completes when the rule is deleted.</summary>
    Task Removed { get; }

    /// <summary>Counts that a deferred rule fires. Returns false if it has already fired on this connection.</summary>
    bool TryFire();

    /// <summary>Sends a close frame and ends the connection.</summary>
    void Close(ushort code, string reason);

    /// <summary>Resets the connection without a close frame.</summary>
    void Drop();
}

/// <summary>An effect on a CDP connection that fires after a number of frames or bytes.</summary>
internal abstract class DeferredTunnelEffect(DeferredTunnelFault effect) : ITunnelFault
{
    public bool IsDeferred => true;

    public virtual string? Validate() =>
        effect.AfterFrames is not null && effect.AfterBytes is not null ? "effect.after_bytes cannot be given together with effect.after_frames."
        : FaultValues.ValidateMinimum("after_frames", effect.AfterFrames) ?? FaultValues.ValidateMinimum("after_bytes", effect.AfterBytes);

    public abstract ValueTask<bool> ApplyBeforeFrameAsync(IFaultableTunnel tunnel, CancellationToken cancellationToken);

    protected bool IsDue(IFaultableTunnel tunnel) => tunnel.Frames >= (effect.AfterFrames ?? 0) && tunnel.Bytes >= (effect.AfterBytes ?? 0);
}

/// <summary>An effect that ends a CDP connection. It does not wait for the frame after the last one that may pass.</summary>
internal abstract class EndingTunnelEffect(DeferredTunnelFault effect) : DeferredTunnelEffect(effect), ITunnelFault
{
    public void ApplyAtBoundary(IFaultableTunnel tunnel)
    {
        if (IsDue(tunnel) && tunnel.TryFire()) End(tunnel);
    }

    public override ValueTask<bool> ApplyBeforeFrameAsync(IFaultableTunnel tunnel, CancellationToken cancellationToken)
    {
        ApplyAtBoundary(tunnel);
        return ValueTask.FromResult(!IsDue(tunnel));
    }

    protected abstract void End(IFaultableTunnel tunnel);
}
