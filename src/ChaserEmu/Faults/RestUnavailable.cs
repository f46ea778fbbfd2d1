using ChaserEmu.Domain;

namespace ChaserEmu.Faults;

/// <inheritdoc cref="RestUnavailableFault"/>
internal sealed class RestUnavailable(RestUnavailableFault effect) : IRestFault
{
    public string? Validate() => FaultValues.ValidateRange("retry_after", effect.RetryAfter, 1, FaultValues.MaxSeconds);

    public ValueTask ApplyAsync(IRestCall call) =>
        call.FailAsync(new ApiError("unavailable", "The service is temporarily unavailable.") { RetryAfter = TimeSpan.FromSeconds(effect.RetryAfter) });
}
