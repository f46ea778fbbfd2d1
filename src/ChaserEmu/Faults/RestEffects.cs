using System.Text.Json.Serialization;
using ChaserEmu.Domain;

namespace ChaserEmu.Faults;

internal abstract record RestFault : FaultEffect
{
    [JsonIgnore]
    public sealed override FaultSite Site => FaultSite.Rest;
}

/// <summary>Answers an entry of the catalogue of errors instead of what the handler would.</summary>
/// <param name="Code">The entry's code, such as <c>rate_limited</c>.</param>
/// <param name="RetryAfter">The header <c>Retry-After</c>, in seconds. Unless given, 1 with a 429, which never comes without it, and none with others.</param>
internal sealed record StatusFault(string Code, double? RetryAfter = null) : RestFault
{
    /// <summary>What to answer, once there is no <see cref="Validate"/>.</summary>
    [JsonIgnore]
    public ApiError Error => ApiError.Find(Code)! is var error && (RetryAfter ?? (error.Status == 429 ? 1 : null)) is { } seconds
        ? error with { RetryAfter = TimeSpan.FromSeconds(seconds) }
        : error;

    public override string? Validate() =>
        ApiError.Find(Code) is null ? $"effect.code must be one of: {string.Join(", ", ApiError.Catalogue.Select(error => error.Code))}."
        : RetryAfter is { } seconds ? ValidateRange("retry_after", seconds, 1, MaxSeconds) : null;
}

/// <summary>503 <c>unavailable</c>.</summary>
/// <param name="RetryAfter">The header <c>Retry-After</c>, in seconds.</param>
internal sealed record UnavailableFault(double RetryAfter = 1) : RestFault
{
    public override string? Validate() => ValidateRange("retry_after", RetryAfter, 1, MaxSeconds);
}

/// <summary>Holds the request for real seconds, as its client waits in real time, and then handles it.</summary>
internal sealed record DelayFault(double Seconds) : RestFault
{
    public override string? Validate() => ValidateRange("seconds", Seconds, 0, MaxSeconds);
}

/// <summary>Resets the TCP connection; nothing is handled, and nothing answered.</summary>
internal sealed record ResetFault : RestFault;

/// <summary>Handles the request, promises the whole answer in <c>Content-Length</c>, sends half of its body and ends the connection.</summary>
internal sealed record TruncateFault : RestFault;
