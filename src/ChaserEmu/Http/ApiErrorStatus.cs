using ChaserEmu.Domain;

namespace ChaserEmu.Http;

/// <summary>The HTTP status of each error code.</summary>
internal static class ApiErrorStatus
{
    /// <exception cref="InvalidOperationException">The code has no status. Add it here.</exception>
    public static int GetStatus(this ApiError error) => error.Code switch
    {
        "invalid_request" => StatusCodes.Status400BadRequest,
        "unauthorized" => StatusCodes.Status401Unauthorized,
        "payment_required" => StatusCodes.Status402PaymentRequired,
        "forbidden" => StatusCodes.Status403Forbidden,
        "not_found" or "session_not_found" => StatusCodes.Status404NotFound,
        "method_not_allowed" => StatusCodes.Status405MethodNotAllowed,
        "session_not_open" or "session_not_ready" or "session_not_provisioned" or "no_page" => StatusCodes.Status409Conflict,
        "payload_too_large" => StatusCodes.Status413PayloadTooLarge,
        "unsupported_media_type" => StatusCodes.Status415UnsupportedMediaType,
        "upgrade_required" => StatusCodes.Status426UpgradeRequired,
        "rate_limited" or "concurrency_limit" => StatusCodes.Status429TooManyRequests,
        "internal_error" => StatusCodes.Status500InternalServerError,
        "browser_unavailable" => StatusCodes.Status502BadGateway,
        "unavailable" => StatusCodes.Status503ServiceUnavailable,
        var code => throw new InvalidOperationException($"The error code '{code}' has no HTTP status."),
    };
}
