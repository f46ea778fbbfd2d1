namespace ChaserEmu.Faults;

/// <summary>An effect on a network connection of a browser.</summary>
internal interface IEgressFault : IFault
{
    FaultSite IFault.Site => FaultSite.Egress;

    /// <summary>Gets whether the connection is refused.</summary>
    bool RefusesConnection => false;

    /// <summary>Completes when the connection may be opened.</summary>
    /// <param name="removed">Completes when the rule is deleted.</param>
    /// <param name="cancellationToken">Canceled when the browser ends.</param>
    Task DelayConnectAsync(Task removed, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Returns what limits the traffic of a new connection, or null.</summary>
    /// <param name="removed">Completes when the rule is deleted.</param>
    EgressLimiter? CreateLimiter(Task removed) => null;
}

/// <summary>Limits the traffic of one connection until the rule is deleted.</summary>
/// <param name="removed">Completes when the rule is deleted.</param>
internal abstract class EgressLimiter(Task removed)
{
    protected Task Removed => removed;

    /// <summary>Returns the part of a buffer that the next read may fill.</summary>
    public Memory<byte> LimitBuffer(Memory<byte> buffer) => removed.IsCompleted ? buffer : buffer[..GetReadLimit(buffer.Length)];

    /// <summary>Waits until bytes may pass. Returns how many may pass; if fewer than <paramref name="bytes"/>, the caller resets the connection.</summary>
    public ValueTask<int> AcquireAsync(int bytes, CancellationToken cancellationToken) => removed.IsCompleted ? new(bytes) : AcquireLimitedAsync(bytes, cancellationToken);

    /// <summary>Returns how many bytes the next read may take, at most <paramref name="length"/>.</summary>
    protected virtual int GetReadLimit(int length) => length;

    /// <inheritdoc cref="AcquireAsync"/>
    protected abstract ValueTask<int> AcquireLimitedAsync(int bytes, CancellationToken cancellationToken);
}
