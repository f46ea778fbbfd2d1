namespace ChaserEmu.Faults;

/// <inheritdoc cref="RestResetFault"/>
internal sealed class RestReset : IRestFault
{
    public ValueTask ApplyAsync(IRestCall call)
    {
        call.Reset();
        return ValueTask.CompletedTask;
    }
}
