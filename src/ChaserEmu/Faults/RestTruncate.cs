namespace ChaserEmu.Faults;

/// <inheritdoc cref="RestTruncateFault"/>
internal sealed class RestTruncate : IRestFault
{
    public ValueTask ApplyAsync(IRestCall call) => call.HandleTruncatedAsync();
}
