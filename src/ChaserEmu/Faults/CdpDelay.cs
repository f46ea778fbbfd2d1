namespace ChaserEmu.Faults;

/// <inheritdoc cref="CdpDelayFault"/>
internal sealed class CdpDelay(CdpDelayFault effect) : ITunnelFault
{
    public string? Validate() => FaultValues.ValidateRange("milliseconds", effect.Milliseconds, 0, FaultValues.MaxSeconds * 1000);

    public async ValueTask<bool> ApplyBeforeFrameAsync(IFaultableTunnel tunnel, CancellationToken cancellationToken)
    {
        await Task.WhenAny(tunnel.Removed, Task.Delay(TimeSpan.FromMilliseconds(effect.Milliseconds), TimeProvider.System, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        return true;
    }
}
