using System.Text.Json.Serialization;
using ChaserEmu.Domain;

namespace ChaserEmu.Faults;

internal abstract record RestFault : FaultEffect
{
    [JsonIgnore]
    public sealed override FaultSite Site => FaultSite.Rest;
}

/// <summary>Returns an error of the API without calling the handler.</summary>
/// <param name="Code">The error code, such as <c>rate_limited</c>.</param>
/// <param name="RetryAfter">The <c>Retry-After</c> header in seconds, 1 to 3600. Null means 1 for a 429, which always has the header, and no header otherwise.</param>
internal sealed record RestStatusFault(string Code, double? RetryAfter = null) : RestFault
{
    /// <summary>Gets the error to return. Valid only if <see cref="Validate"/> returns null.</summary>
    [JsonIgnore]
    public ApiError Error => ApiError.Find(Code)! is var error && (RetryAfter ?? (error.IsLimitReached ? 1 : null)) is { } seconds
        ? error with { RetryAfter = TimeSpan.FromSeconds(seconds) }
        : error;

    public override string? Validate() =>
        ApiError.Find(Code) is null ? $"effect.code must be one of: {string.Join(", ", ApiError.Catalogue.Select(error => error.Code))}."
        : RetryAfter is { } seconds ? ValidateRange("retry_after", seconds, 1, MaxSeconds) : null;
}

/// <summary>Returns 503 <c>unavailable</c>.</summary>
/// <param name="RetryAfter">The <c>Retry-After</c> header in seconds, 1 to 3600.</param>
internal sealed record RestUnavailableFault(double RetryAfter = 1) : RestFault
{
    public override string? Validate() => ValidateRange("retry_after", RetryAfter, 1, MaxSeconds);
}

/// <summary>Delays the request by <paramref name="Seconds"/> of real time, then handles it.</summary>
internal sealed record RestDelayFault(double Seconds) : RestFault
{
    public override string? Validate() => ValidateRange("seconds", Seconds, 0, MaxSeconds);
}

/// <summary>Resets the TCP connection without handling the request.</summary>
internal sealed record RestResetFault : RestFault;

/// <summary>Handles the request, sends the full <c>Content-Length</c> but only half of the body, and closes the connection.</summary>
internal sealed record RestTruncateFault : RestFault;
