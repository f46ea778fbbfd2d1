using ChaserEmu.Domain;

namespace ChaserEmu.Faults;

/// <summary>The error of a <see cref="RestStatusFault"/>.</summary>
internal static class RestEffects
{
    /// <summary>Returns the error to send. Valid only if <see cref="ValidateStatus"/> returns null.</summary>
    public static ApiError ToError(this RestStatusFault fault) =>
        ApiError.Find(fault.Code)! is var error && (fault.RetryAfter ?? (error.IsLimitReached ? 1 : null)) is { } seconds
            ? error with { RetryAfter = TimeSpan.FromSeconds(seconds) }
            : error;

    public static string? ValidateStatus(this RestStatusFault fault) =>
        ApiError.Find(fault.Code) is null ? $"effect.code must be one of: {string.Join(", ", ApiError.Catalogue.Select(error => error.Code))}."
        : fault.RetryAfter is { } seconds ? FaultEffects.ValidateRange("retry_after", seconds, 1, FaultEffects.MaxSeconds) : null;
}
