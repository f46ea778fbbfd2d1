namespace ChaserEmu.Domain;

/// <summary>An error of the API: machine-readable code and message.</summary>
internal sealed record ApiError(string Code, string Message)
{
    public static readonly ApiError Unauthorized = new("unauthorized", "Missing or invalid API key.");
    public static readonly ApiError SessionNotFound = new("session_not_found", "Session not found.");
    public static readonly ApiError SessionNotOpen = new("session_not_open", "Session is already in a terminal state.");
    public static readonly ApiError SessionNotReady = new("session_not_ready", "Session is not ready yet.");

    public static readonly ApiError PaymentRequired = new("payment_required", "Insufficient balance.");
    public static readonly ApiError RateLimited = new("rate_limited", "Too many requests.");
    public static readonly ApiError ConcurrencyLimit = new("concurrency_limit", "Concurrency limit reached.");

    // The errors below are assumed; the documentation does not mention them.
    public static readonly ApiError SessionNotProvisioned = new("session_not_provisioned", "Sessions of test-mode keys have no browser to connect to.");
    public static readonly ApiError NoPage = new("no_page", "The session's browser has no open page; the client closed all of them.");
    public static readonly ApiError NotFound = new("not_found", "Nothing found at this path. Check the URL.");
    public static readonly ApiError KeyNotFound = NotFound with { Message = "Key not found." };
    public static readonly ApiError KeyRevoked = NotFound with { Message = "Key is already rotated or revoked." };
    public static readonly ApiError KeyForbidden = Forbidden("This key belongs to another workspace.");
    public static readonly ApiError MethodNotAllowed = new("method_not_allowed", "Method not allowed. See the Allow header for the supported methods.");
    public static readonly ApiError PayloadTooLarge = new("payload_too_large", "The request body is larger than 65536 bytes.");
    public static readonly ApiError UnsupportedEncoding = new("unsupported_media_type", "The request has a Content-Encoding. Send the body without compression.");
    public static readonly ApiError UpgradeRequired = new("upgrade_required", "This URL accepts WebSocket connections only (version 13).");
    public static readonly ApiError Internal = new("internal_error", "Internal error in the emulator. See its log.");
    public static readonly ApiError BrowserUnavailable = new("browser_unavailable", "The session's browser did not accept the connection.");
    public static readonly ApiError ShuttingDown = new("unavailable", "The emulator is shutting down.");

    public static readonly ApiError StorageUnavailable = new("unavailable", "The emulator cannot use its database at the moment. See its log.");

    public static readonly ApiError TooManyFiles = new("unavailable", "The emulator has reached its limit of open files. See its log for what to do.");

    /// <summary>The errors with a fixed message.</summary>
    public static readonly IReadOnlyList<ApiError> Catalogue =
    [
        Unauthorized, SessionNotFound, SessionNotOpen, SessionNotReady, PaymentRequired, RateLimited, ConcurrencyLimit, SessionNotProvisioned, NoPage,
        NotFound, MethodNotAllowed, PayloadTooLarge, UnsupportedEncoding, UpgradeRequired, Internal, BrowserUnavailable, ShuttingDown,
    ];

    /// <summary>The codes of <see cref="Catalogue"/>. Some errors share one.</summary>
    public static readonly IReadOnlyList<string> CatalogueCodes = [.. Catalogue.Select(error => error.Code).Distinct()];

    /// <summary>All error codes, including those of errors without a fixed message.</summary>
    public static readonly IReadOnlyList<string> Codes = [.. CatalogueCodes, InvalidRequest("").Code, Forbidden("").Code];

    /// <summary>Gets the time until a retry can succeed; sent as <c>Retry-After</c> in whole seconds.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Gets whether a limit of the workspace is reached. Such an error always says when to retry. Documented.</summary>
    public bool IsLimitReached => Code == RateLimited.Code || Code == ConcurrencyLimit.Code;

    /// <summary>Returns the error with this code, or null.</summary>
    public static ApiError? Find(string code) => Catalogue.FirstOrDefault(error => error.Code == code);

    /// <summary>Returns a validation error. The message says which field is invalid and what it must be. Assumed code.</summary>
    public static ApiError InvalidRequest(string message) => new("invalid_request", message);

    public static ApiError Forbidden(string message) => new("forbidden", message);
}
