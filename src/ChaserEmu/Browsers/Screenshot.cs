using System.Text.Json;

namespace ChaserEmu.Browsers;

/// <summary>
/// Takes screenshots of a browser's first page, one pixel per CSS pixel, without changing the viewport that clients have set.
/// Chrome drops an emulated viewport in two cases: another connection without one takes a full-page screenshot, or the connection that
/// set it closes. So the visible part is taken over a new connection, which sets no viewport. The full page is taken over the pipe,
/// whose session holds the device.
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
    public static async Task<byte[]?> TakeAsync(Browser browser, int? quality, bool fullPage, CancellationToken cancellationToken)
    {
        var (page, pipe) = await browser.GetFirstPageAsync(cancellationToken);
        if (page is null) return null;

        await using var connection = await browser.ConnectAsync(page, (_, _) => { }, cancellationToken);
        var format = quality is null ? "png" : "jpeg";
        if (!fullPage) return GetImage(await connection.CallAsync("Page.captureScreenshot", new { format, quality = quality ?? 100 }, cancellationToken));

        // The page's own process answers these calls, so the viewport of a frozen page is not changed.
        var metrics = await connection.CallAsync("Page.getLayoutMetrics", null, cancellationToken);
        var pixelRatio = await connection.CallAsync("Runtime.evaluate", new { expression = "devicePixelRatio" }, cancellationToken);
        var scale = pixelRatio.GetProperty("result").GetProperty("value").GetDouble();
        try
        {
            if (GetViewport(metrics) is var (width, height) && (width, height) != (browser.Device.Width, browser.Device.Height))
                await pipe.CallAsync("Emulation.setDeviceMetricsOverride", JsonSerializer.Serialize(new { width, height, deviceScaleFactor = scale, mobile = false }), page.CdpSessionId).WaitAsync(cancellationToken);

            var content = metrics.GetProperty("cssContentSize");
            var clip = new { x = 0, y = 0, width = GetSide(content, "width"), height = GetSide(content, "height"), scale = 1 / scale };
            var parameters = JsonSerializer.Serialize(new { format, quality = quality ?? 100, captureBeyondViewport = true, clip });
            return GetImage(await pipe.CallAsync("Page.captureScreenshot", parameters, page.CdpSessionId).WaitAsync(cancellationToken));
        }
        catch (IOException exception)
        {
            throw new BrowserUnavailableException("The page is gone.", exception);
        }
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
