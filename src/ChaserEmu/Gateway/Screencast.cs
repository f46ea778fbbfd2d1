using System.Text.Json;
using System.Threading.Channels;
using ChaserEmu.Browsers;
using ChaserEmu.Sessions;

namespace ChaserEmu.Gateway;

/// <summary>A picture of a page, as JPEG, and the size in CSS pixels of what it shows.</summary>
internal sealed record ScreencastFrame(byte[] Jpeg, double Width, double Height);

/// <summary>The frames of one page for one viewer: always the newest, so many a second at the most, none while nothing changes.</summary>
internal sealed class Screencast : IAsyncDisposable
{
    /// <summary>Chrome sends so many frames ahead of their acknowledgement, and drops those after them, be it the last for hours.</summary>
    private const int MostInFlight = 3;

    /// <summary>Large enough to read, small enough to send: phones have three times as many device pixels.</summary>
    private static readonly object Form = new { format = "jpeg", quality = 70, maxWidth = 1280, maxHeight = 1280 };

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1.0 / PreviewTokenIssuer.MaxFramesPerSecond);

    private static readonly TimeSpan Quiet = 2 * Interval;

    private readonly Channel<JsonElement> _newest = Channel.CreateBounded<JsonElement>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private int _inFlight;

    /// <summary>Where input for the page goes.</summary>
    public PageConnection Page { get; private set; } = null!;

    /// <exception cref="BrowserUnavailableException">The page is gone.</exception>
    public static async Task<Screencast> OpenAsync(Browser browser, Page page, CancellationToken cancellationToken)
    {
        var cast = new Screencast();
        cast.Page = await browser.ConnectAsync(page, cast.OnEvent, cancellationToken);
        _ = cast.CompleteAsync();
        return cast;
    }

    /// <summary>Shows frames until the page is gone. While <paramref name="show"/> takes its time, older frames give way to newer.</summary>
    /// <exception cref="BrowserUnavailableException">The page is gone.</exception>
    public async Task RunAsync(Func<ScreencastFrame, Task> show, CancellationToken cancellationToken)
    {
        await Page.CallAsync("Page.startScreencast", Form, cancellationToken);
        var (settled, renewed) = (false, false);
        while (true)
        {
            var waiting = _newest.Reader.WaitToReadAsync(cancellationToken).AsTask();
            if (!settled && !await IsSoonAsync(waiting, cancellationToken))
            {
                // Quiet after a change. Chrome may have dropped the last one while frames were under way to us.
                await RestartAsync(cancellationToken);
                (settled, renewed) = (true, true);
            }

            if (!await waiting) return;
            settled = renewed && Volatile.Read(ref _inFlight) == 1;
            renewed = false;
            var began = TimeProvider.System.GetTimestamp();
            if (!_newest.Reader.TryRead(out var frame)) continue;
            await show(Read(frame));

            var rest = Interval - TimeProvider.System.GetElapsedTime(began);
            if (rest > TimeSpan.Zero) await Task.Delay(rest, TimeProvider.System, cancellationToken);
            await GoOnAsync(frame.GetProperty("sessionId").GetInt32(), cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => Page.DisposeAsync();

    /// <summary>Asks for more. When Chrome may have dropped some, it is started anew, which sends the page as it is now.</summary>
    private async Task GoOnAsync(int castId, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _inFlight) >= MostInFlight)
        {
            await RestartAsync(cancellationToken);
            return;
        }

        for (var left = Interlocked.Exchange(ref _inFlight, 0); left > 0; left--)
            await Page.CallAsync("Page.screencastFrameAck", new { sessionId = castId }, cancellationToken);
    }

    private async Task RestartAsync(CancellationToken cancellationToken)
    {
        await Page.CallAsync("Page.stopScreencast", null, cancellationToken);
        Volatile.Write(ref _inFlight, 0);
        await Page.CallAsync("Page.startScreencast", Form, cancellationToken);
    }

    private static async Task<bool> IsSoonAsync(Task task, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var soon = await Task.WhenAny(task, Task.Delay(Quiet, TimeProvider.System, over.Token)) == task;
        await over.CancelAsync();
        return soon;
    }

    private void OnEvent(string method, JsonElement parameters)
    {
        if (method != "Page.screencastFrame") return;
        Interlocked.Increment(ref _inFlight);
        _newest.Writer.TryWrite(parameters);
    }

    private async Task CompleteAsync()
    {
        await Page.Closed;
        _newest.Writer.TryComplete();
    }

    private static ScreencastFrame Read(JsonElement frame)
    {
        var metadata = frame.GetProperty("metadata");
        var zoom = metadata.GetProperty("pageScaleFactor").GetDouble();
        return new ScreencastFrame(
            frame.GetProperty("data").GetBytesFromBase64(),
            metadata.GetProperty("deviceWidth").GetDouble() / zoom,
            metadata.GetProperty("deviceHeight").GetDouble() / zoom);
    }
}
