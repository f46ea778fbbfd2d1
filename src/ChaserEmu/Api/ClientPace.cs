using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Journal;
using ChaserEmu.Time;
using Microsoft.Extensions.Caching.Memory;

namespace ChaserEmu.Api;

/// <summary>
/// Finds clients that poll faster than the documentation, or that retry before the time of <c>Retry-After</c>. A client has waited long enough
/// if the time has passed in real or in emulated time: a test may freeze or advance the clock.
/// </summary>
internal sealed class ClientPace(EmulatedClock clock) : IResettable, IDisposable
{
    /// <summary>The interval in the documentation, less what a timer may fire too early.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1.9);

    /// <summary>The end of each wait in emulated time. An entry expires when the wait has passed in real time.</summary>
    private readonly MemoryCache _waits = new(new MemoryCacheOptions { SizeLimit = 10_000 });

    /// <summary>Reports a call that comes too early. Returns the error for the response if it is refused, or null.</summary>
    public ApiError? Check(HttpContext context, CallDetails details) =>
        IsTooEarly(GetRetryId(context, details)) ? details.AddDeviation(DeviationKind.EarlyRetry, "The call is repeated before the Retry-After of the last 429 has passed.")
        : GetPollId(context, details) is { } poll && IsTooEarly(poll) ? details.AddDeviation(DeviationKind.FastPolling, "The session is polled again within 2 seconds. Wait 2 seconds between polls, as the documentation does.")
        : null;

    /// <summary>Notes how long the client must wait after this answer.</summary>
    public void Record(HttpContext context, CallDetails details, object? answer)
    {
        if (answer is ApiErrorResult { StatusCode: StatusCodes.Status429TooManyRequests, RetryAfterSeconds: { } seconds }) Add(GetRetryId(context, details), TimeSpan.FromSeconds(seconds));
        else if (answer is IValueHttpResult<SessionResource> { Value.Status: SessionStatus.Creating } && GetPollId(context, details) is { } poll) Add(poll, PollInterval);
    }

    public void Reset(WorkspaceId? workspace) => _waits.Clear();

    public void Dispose() => _waits.Dispose();

    private static (string? Caller, string? Operation) GetRetryId(HttpContext context, CallDetails details) =>
        (details.Key?.Id ?? details.Workspace?.Value, context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName);

    private static (string? Caller, string? Session)? GetPollId(HttpContext context, CallDetails details) =>
        HttpMethods.IsGet(context.Request.Method) && context.Request.RouteValues["id"] is string session ? (details.Key?.Id, session) : null;

    private bool IsTooEarly((string?, string?) id) => _waits.TryGetValue(id, out DateTimeOffset until) && clock.GetUtcNow() < until;

    private void Add((string?, string?) id, TimeSpan wait) =>
        _waits.Set(id, clock.GetUtcNow() + wait, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = wait });
}
