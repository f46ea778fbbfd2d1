using System.Text.Json;

namespace ChaserEmu.Browsers;

/// <summary>
/// Takes screenshots of a browser's first page, one pixel per CSS pixel, without changing the viewport that clients have set.
/// Chrome drops an emulated viewport in two cases: another session without one takes a full-page screenshot, or the session that
/// set it closes. So the visible part is taken over a new session, which sets no viewport. The full page is taken over the session that
/// holds the device.
/// </summary>
internal static class Screenshot
{
    /// <summary>The maximum texture size of Chrome, in pixels.</summary>
    private const double MaxSide = 16384;

    /// <summary>Returns the image file; null if the browser has no page.</summary>
    /// <param name="browser">The browser. It is started again if a client closed it.</param>
    /// <param name="quality">JPEG quality, 1 to 100; null for a PNG.</param>
    /// <param name="fullPage">Whether to include the whole page instead of the visible part. The page may receive a resize event, as with a full-page screenshot of any client.</param>
    /// <param name="cancellationToken">Ends the attempt. A frozen page never responds, so the caller must set a timeout.</param>
    /// <exception cref="BrowserUnavailableException">The page was closed, or its browser exited.</exception>
    /// <exception cref="PageBlockedException">The page has crashed or shows a dialog, so it responds to no call.</exception>
    public static async Task<byte[]?> TakeAsync(IBrowser browser, int? quality, bool fullPage, CancellationToken cancellationToken)
    {
        if ((await browser.GetPagesAsync(cancellationToken)).First is not { } page) return null;

        var blocked = page.Blocked;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var image = TakeAsync(browser, page, quality, fullPage, stop.Token);
        if (await Task.WhenAny(image, blocked) == image && !(image.IsFaulted && blocked.IsCompleted)) return await image;
        await stop.CancelAsync();
        await ((Task)image).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        throw new PageBlockedException(await blocked);
    }

    private static async Task<byte[]> TakeAsync(IBrowser browser, Page page, int? quality, bool fullPage, CancellationToken cancellationToken)
    {
        await using var session = await browser.AttachAsync(page, (_, _) => { }, cancellationToken);
        var format = quality is null ? "png" : "jpeg";
        if (!fullPage) return GetImage(await session.CallAsync("Page.captureScreenshot", new { format, quality = quality ?? 100 }, cancellationToken));

        // The page's own process answers these calls, so the viewport of a frozen page is not changed.
        var metrics = await session.CallAsync("Page.getLayoutMetrics", null, cancellationToken);
        var pixelRatio = await session.CallAsync("Runtime.evaluate", new { expression = "devicePixelRatio" }, cancellationToken);
        var scale = pixelRatio.GetProperty("result").GetProperty("value").GetDouble();
        if (GetViewport(metrics) is var (width, height) && (width, height) != (browser.Device.Width, browser.Device.Height))
            await page.DeviceSession.CallAsync("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = scale, mobile = false }, cancellationToken);

        var content = metrics.GetProperty("cssContentSize");
        var clip = new { x = 0, y = 0, width = GetSide(content, "width"), height = GetSide(content, "height"), scale = 1 / scale };
        var parameters = new { format, quality = quality ?? 100, captureBeyondViewport = true, clip };
        return GetImage(await page.DeviceSession.CallAsync("Page.captureScreenshot", parameters, cancellationToken));
    }

    /// <summary>Returns the viewport in CSS pixels, without the zoom that fits a wide page to a phone.</summary>
    private static (int Width, int Height) GetViewport(JsonElement metrics)
    {
        var visible = metrics.GetProperty("cssVisualViewport");
        var zoom = visible.GetProperty("scale").GetDouble();
        return ((int)Math.Round(visible.GetProperty("clientWidth").GetDouble() * zoom), (int)Math.Round(visible.GetProperty("clientHeight").GetDouble() * zoom));
    }

    private static double GetSide(JsonElement size, string name) => Math.Clamp(Math.Ceiling(size.GetProperty(name).GetDouble()), 1, MaxSide);

    private static byte[] GetImage(JsonElement response) => response.GetProperty("data").GetBytesFromBase64();
}
