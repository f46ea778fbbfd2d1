using ChaserEmu.Domain;

namespace ChaserEmu.Faults;

/// <inheritdoc cref="RestStatusFault"/>
internal sealed class RestStatus(RestStatusFault effect) : IRestFault
{
    public string? Validate() =>
        ApiError.Find(effect.Code) is null ? $"effect.code must be one of: {string.Join(", ", ApiError.CatalogueCodes)}."
        : effect.RetryAfter is { } seconds ? FaultValues.ValidateRange("retry_after", seconds, 1, FaultValues.MaxSeconds) : null;

    public ValueTask ApplyAsync(IRestCall call)
    {
        var error = ApiError.Find(effect.Code)!;
        return call.FailAsync((effect.RetryAfter ?? (error.IsLimitReached ? 1 : null)) is { } seconds ? error with { RetryAfter = TimeSpan.FromSeconds(seconds) } : error);
    }
}
