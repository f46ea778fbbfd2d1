using System.Text.Json;

namespace ChaserEmu.Browsers;

/// <summary>
/// Takes small pictures of the page in front. A screencast scales its frames without changing the viewport that clients have set, which a scaled screenshot
/// does.
/// </summary>
internal static class Thumbnail
{
    private const int Quality = 60;
    private const int MaxAspectRatio = 4;

    /// <summary>Returns a JPEG of at most this width; null if the browser does not run or has no page. Does not start a browser that a client closed.</summary>
    /// <param name="browser">The browser.</param>
    /// <param name="width">The maximum width in pixels.</param>
    /// <param name="cancellationToken">Ends the attempt. A frozen page never responds, so the caller must set a timeout.</param>
    /// <exception cref="BrowserUnavailableException">The page was closed, or its browser exited.</exception>
    public static async Task<byte[]?> TakeAsync(IBrowser browser, int width, CancellationToken cancellationToken)
    {
        if (!browser.IsRunning || (await browser.GetPagesAsync(cancellationToken)).Front is not { } page) return null;
        var frame = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var session = await browser.AttachAsync(page, (method, parameters) => { if (method == "Page.screencastFrame") frame.TrySetResult(parameters); }, cancellationToken);
        await session.CallAsync("Page.startScreencast", new { format = "jpeg", quality = Quality, maxWidth = width, maxHeight = MaxAspectRatio * width }, cancellationToken);
        return (await frame.Task.WaitAsync(cancellationToken)).GetProperty("data").GetBytesFromBase64();
    }
}
