using System.Text.Json;

namespace ChaserEmu.Browsers;

/// <summary>
/// Pictures of a browser's first page, one pixel a CSS pixel. They leave the page as its clients have it: Chrome drops a
/// viewport that was emulated over one connection when another without one takes a full page, and when the connection goes
/// that set it. So the visible part is taken over a connection of its own, which touches no viewport, and the full page
/// over the one that holds the page's device.
/// </summary>
internal static class Screenshot
{
    /// <summary>Chrome cannot draw beyond.</summary>
    private const double LongestSide = 16384;

    /// <summary>The picture as a file; null when the browser has no page.</summary>
    /// <param name="browser">Started again if a client has closed it.</param>
    /// <param name="quality">Of a JPEG, 1 to 100; null makes a PNG.</param>
    /// <param name="fullPage">All of the page rather than what can be seen; the page may see a resize, as with any client's full page.</param>
    /// <param name="cancellationToken">The caller's patience: a frozen page never answers.</param>
    /// <exception cref="BrowserUnavailableException">The page or its browser is gone.</exception>
    public static async Task<byte[]?> TakeAsync(Browser browser, int? quality, bool fullPage, CancellationToken cancellationToken)
    {
        var (page, pipe) = await browser.GetFirstPageAsync(cancellationToken);
        if (page is null) return null;

        await using var connection = await browser.ConnectAsync(page, (_, _) => { }, cancellationToken);
        var format = quality is null ? "png" : "jpeg";
        if (!fullPage) return Image(await connection.CallAsync("Page.captureScreenshot", new { format, quality = quality ?? 100 }, cancellationToken));

        // The page answers these itself: one that is frozen is not touched.
        var metrics = await connection.CallAsync("Page.getLayoutMetrics", null, cancellationToken);
        var ratio = await connection.CallAsync("Runtime.evaluate", new { expression = "devicePixelRatio" }, cancellationToken);
        var scale = ratio.GetProperty("result").GetProperty("value").GetDouble();
        try
        {
            if (ViewportOf(metrics) is var (width, height) && (width, height) != (browser.Device.Width, browser.Device.Height))
                await pipe.CallAsync("Emulation.setDeviceMetricsOverride", JsonSerializer.Serialize(new { width, height, deviceScaleFactor = scale, mobile = false }), page.CdpSessionId).WaitAsync(cancellationToken);

            var content = metrics.GetProperty("cssContentSize");
            var clip = new { x = 0, y = 0, width = Side(content, "width"), height = Side(content, "height"), scale = 1 / scale };
            var parameters = JsonSerializer.Serialize(new { format, quality = quality ?? 100, captureBeyondViewport = true, clip });
            return Image(await pipe.CallAsync("Page.captureScreenshot", parameters, page.CdpSessionId).WaitAsync(cancellationToken));
        }
        catch (IOException fault)
        {
            throw new BrowserUnavailableException("The page is gone.", fault);
        }
    }

    /// <summary>The viewport in CSS pixels, before the zoom that fits a wide page to a phone.</summary>
    private static (int Width, int Height) ViewportOf(JsonElement metrics)
    {
        var visible = metrics.GetProperty("cssVisualViewport");
        var zoom = visible.GetProperty("scale").GetDouble();
        return ((int)Math.Round(visible.GetProperty("clientWidth").GetDouble() * zoom), (int)Math.Round(visible.GetProperty("clientHeight").GetDouble() * zoom));
    }

    private static double Side(JsonElement size, string name) => Math.Clamp(Math.Ceiling(size.GetProperty(name).GetDouble()), 1, LongestSide);

    private static byte[] Image(JsonElement answer) => answer.GetProperty("data").GetBytesFromBase64();
}
