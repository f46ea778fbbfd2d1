namespace ChaserEmu.Domain;

/// <summary>An entry of the service's catalogue of errors: an HTTP status, a code for programs, a message for people.</summary>
internal sealed record ApiError(int Status, string Code, string Message)
{
    public static readonly ApiError Unauthorized = new(401, "unauthorized", "Missing or invalid API key.");
    public static readonly ApiError SessionNotFound = new(404, "session_not_found", "Session not found.");
    public static readonly ApiError SessionNotOpen = new(409, "session_not_open", "Session is already in a terminal state.");
    public static readonly ApiError SessionNotReady = new(409, "session_not_ready", "Session is not ready yet.");

    public static readonly ApiError PaymentRequired = new(402, "payment_required", "Insufficient balance.");
    public static readonly ApiError RateLimited = new(429, "rate_limited", "Too many requests.");
    public static readonly ApiError ConcurrencyLimit = new(429, "concurrency_limit", "Concurrency limit reached.");

    // The documentation is silent about those below.
    public static readonly ApiError SessionNotProvisioned = new(409, "session_not_provisioned", "Sessions of test-mode keys have no browser to connect to.");
    public static readonly ApiError NoPage = new(409, "no_page", "The session's browser has no page: its client has closed them all.");
    public static readonly ApiError NotFound = new(404, "not_found", "There is nothing at this address.");
    public static readonly ApiError MethodNotAllowed = new(405, "method_not_allowed", "This address does not take that method; see the Allow header.");
    public static readonly ApiError PayloadTooLarge = new(413, "payload_too_large", "The request body is larger than 65536 bytes.");
    public static readonly ApiError UpgradeRequired = new(426, "upgrade_required", "This address takes WebSocket connections (version 13).");
    public static readonly ApiError Internal = new(500, "internal_error", "Something went wrong inside the emulator; its log says what.");
    public static readonly ApiError BrowserUnavailable = new(502, "browser_unavailable", "The session's browser did not accept the connection.");
    public static readonly ApiError ShuttingDown = new(503, "unavailable", "The emulator is shutting down.");

    public static readonly ApiError StorageUnavailable = new(503, "unavailable", "The emulator cannot use its database for now; its log says why.");

    public static readonly ApiError TooManyFiles = new(503, "unavailable", "The emulator may have no more files open for now; its log says what to do.");

    /// <summary>The entries whose message is always the same.</summary>
    public static readonly IReadOnlyList<ApiError> Catalogue =
    [
        Unauthorized, SessionNotFound, SessionNotOpen, SessionNotReady, PaymentRequired, RateLimited, ConcurrencyLimit, SessionNotProvisioned, NoPage,
        NotFound, MethodNotAllowed, PayloadTooLarge, UpgradeRequired, Internal, BrowserUnavailable, ShuttingDown,
    ];

    /// <summary>All codes that there are, those whose message differs included.</summary>
    public static readonly IReadOnlyList<string> Codes = [.. Catalogue.Select(error => error.Code).Append(InvalidRequest("").Code).Append(Forbidden("").Code).Distinct()];

    /// <summary>After how long another try can succeed; answered as <c>Retry-After</c>, in whole seconds.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The entry of a code; null when the catalogue has none.</summary>
    public static ApiError? Find(string code) => Catalogue.FirstOrDefault(error => error.Code == code);

    /// <summary>A fault of the request: says which field, and what it must be.</summary>
    public static ApiError InvalidRequest(string message) => new(400, "invalid_request", message);

    public static ApiError Forbidden(string message) => new(403, "forbidden", message);
}
