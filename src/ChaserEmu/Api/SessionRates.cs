using System.Runtime.CompilerServices;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using ChaserEmu.Simulation;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Api;

/// <summary>How often each session was looked at of late (documented: 60 screenshots and 10 preview tokens a minute). It is forgotten with the session.</summary>
internal sealed class SessionRates(IOptions<LimitOptions> limits, EmulatedClock clock)
{
    private readonly ConditionalWeakTable<LiveSession, RateWindow> _screenshots = [];
    private readonly ConditionalWeakTable<LiveSession, RateWindow> _previewTokens = [];

    /// <summary>Takes one screenshot of the session's allowance, or says that there is none left.</summary>
    public ApiError? TakeScreenshot(LiveSession session) =>
        Take(_screenshots.GetValue(session, _ => new RateWindow(limits.Value.ScreenshotsPerMinute)));

    /// <summary>Takes one preview token of the session's allowance, or says that there is none left.</summary>
    public ApiError? TakePreviewToken(LiveSession session) =>
        Take(_previewTokens.GetValue(session, _ => new RateWindow(limits.Value.PreviewTokensPerMinute)));

    private ApiError? Take(RateWindow window)
    {
        lock (window)
        {
            var now = clock.GetUtcNow();
            if (window.WaitAt(now) is { } wait) return ApiError.RateLimited with { RetryAfter = wait };
            window.Take(now);
            return null;
        }
    }
}
