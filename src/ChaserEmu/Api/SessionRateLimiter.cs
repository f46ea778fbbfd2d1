using System.Runtime.CompilerServices;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Api;

/// <summary>How often each session was looked at of late (documented: 60 screenshots and 10 preview tokens a minute). It is forgotten with the session.</summary>
internal sealed class SessionRateLimiter(IOptions<LimitOptions> limits, EmulatedClock clock)
{
    private readonly ConditionalWeakTable<LiveSession, SlidingWindowLimiter> _screenshots = [];
    private readonly ConditionalWeakTable<LiveSession, SlidingWindowLimiter> _previewTokens = [];

    /// <summary>Takes one screenshot of the session's allowance, or says that there is none left.</summary>
    public ApiError? AcquireScreenshot(LiveSession session) =>
        Take(_screenshots.GetValue(session, _ => new SlidingWindowLimiter(limits.Value.ScreenshotsPerMinute)));

    /// <summary>Takes one preview token of the session's allowance, or says that there is none left.</summary>
    public ApiError? AcquirePreviewToken(LiveSession session) =>
        Take(_previewTokens.GetValue(session, _ => new SlidingWindowLimiter(limits.Value.PreviewTokensPerMinute)));

    private ApiError? Take(SlidingWindowLimiter window)
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
