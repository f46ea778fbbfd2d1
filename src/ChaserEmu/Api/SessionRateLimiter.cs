using System.Runtime.CompilerServices;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Api;

/// <summary>
/// Limits screenshots (60 a minute) and preview tokens (10 a minute) per session. Documented. The counters are released with the session.
/// </summary>
internal sealed class SessionRateLimiter(IOptions<LimitOptions> limits, EmulatedClock clock)
{
    private readonly ConditionalWeakTable<LiveSession, SlidingWindowLimiter> _screenshots = [];
    private readonly ConditionalWeakTable<LiveSession, SlidingWindowLimiter> _previewTokens = [];

    /// <summary>Counts one screenshot. Returns <c>rate_limited</c> if the session has reached its limit; otherwise null.</summary>
    public ApiError? AcquireScreenshot(LiveSession session) =>
        Acquire(_screenshots.GetValue(session, _ => new SlidingWindowLimiter(limits.Value.ScreenshotsPerMinute)));

    /// <summary>Counts one preview token. Returns <c>rate_limited</c> if the session has reached its limit; otherwise null.</summary>
    public ApiError? AcquirePreviewToken(LiveSession session) =>
        Acquire(_previewTokens.GetValue(session, _ => new SlidingWindowLimiter(limits.Value.PreviewTokensPerMinute)));

    private ApiError? Acquire(SlidingWindowLimiter window)
    {
        lock (window)
        {
            var now = clock.GetUtcNow();
            if (window.GetRetryAfter(now) is { } wait) return ApiError.RateLimited with { RetryAfter = wait };
            window.Acquire(now);
            return null;
        }
    }
}
