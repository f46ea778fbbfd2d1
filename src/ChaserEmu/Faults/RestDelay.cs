namespace ChaserEmu.Faults;

/// <inheritdoc cref="RestDelayFault"/>
internal sealed class RestDelay(RestDelayFault effect) : IRestFault
{
    public string? Validate() => FaultValues.ValidateRange("seconds", effect.Seconds, 0, FaultValues.MaxSeconds);

    public async ValueTask ApplyAsync(IRestCall call)
    {
        await call.DelayAsync(TimeSpan.FromSeconds(effect.Seconds));
        await call.HandleAsync();
    }
}
