using System.Text.Json;
using System.Threading.Channels;
using ChaserEmu.Browsers;
using ChaserEmu.Sessions;

namespace ChaserEmu.Gateway;

/// <summary>A JPEG picture of a page, and the size in CSS pixels of the area that it shows.</summary>
internal sealed record ScreencastFrame(byte[] Jpeg, double Width, double Height);

/// <summary>The pictures of one page for one viewer: always the newest, at a limited rate, and none while the page does not change.</summary>
internal sealed class Screencast : IAsyncDisposable
{
    /// <summary>Chrome sends at most this many frames without acknowledgement. It drops further ones, even if the page does not change again.</summary>
    private const int MaxUnacknowledged = 3;

    /// <summary>Limits the size, since phones have three device pixels per CSS pixel. Text is still readable.</summary>
    private static readonly object Options = new { format = "jpeg", quality = 70, maxWidth = 1280, maxHeight = 1280 };

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1.0 / PreviewTokenIssuer.MaxFramesPerSecond);

    private static readonly TimeSpan QuietTime = 2 * Interval;

    private readonly Channel<JsonElement> _newestFrame = Channel.CreateBounded<JsonElement>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private int _unacknowledged;

    /// <summary>Gets the session on the page, which also takes input.</summary>
    public CdpSession Page { get; private set; } = null!;

    /// <summary>Attaches to the page. Call <see cref="RunAsync"/> to receive pictures.</summary>
    /// <exception cref="BrowserUnavailableException">The page is closed.</exception>
    public static async Task<Screencast> OpenAsync(IBrowser browser, Page page, CancellationToken cancellationToken)
    {
        var screencast = new Screencast();
        screencast.Page = await browser.AttachAsync(page, screencast.OnEvent, cancellationToken);
        _ = screencast.CompleteAsync();
        return screencast;
    }

    /// <summary>Passes frames to <paramref name="show"/> until the page closes. While <paramref name="show"/> runs, newer frames replace older ones.</summary>
    /// <exception cref="BrowserUnavailableException">The page is closed.</exception>
    public async Task RunAsync(Func<ScreencastFrame, Task> show, CancellationToken cancellationToken)
    {
        await Page.CallAsync("Page.startScreencast", Options, cancellationToken);
        var (isSettled, wasRestarted) = (false, false);
        while (true)
        {
            var waiting = _newestFrame.Reader.WaitToReadAsync(cancellationToken).AsTask();
            if (!isSettled && !await CompletesSoonAsync(waiting, cancellationToken))
            {
                // The page stopped changing. Chrome may have dropped the last frame while others were unacknowledged, so restart once.
                await RestartAsync(cancellationToken);
                (isSettled, wasRestarted) = (true, true);
            }

            if (!await waiting) return;
            isSettled = wasRestarted && Volatile.Read(ref _unacknowledged) == 1;
            wasRestarted = false;
            var started = TimeProvider.System.GetTimestamp();
            if (!_newestFrame.Reader.TryRead(out var frame)) continue;
            await show(Read(frame));

            var remaining = Interval - TimeProvider.System.GetElapsedTime(started);
            if (remaining > TimeSpan.Zero) await Task.Delay(remaining, TimeProvider.System, cancellationToken);
            await AcknowledgeAsync(frame.GetProperty("sessionId").GetInt32(), cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => Page.DisposeAsync();

    /// <summary>Acknowledges the received frames. If Chrome may have dropped some, restarts the screencast, which sends the current picture.</summary>
    private async Task AcknowledgeAsync(int screencastId, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _unacknowledged) >= MaxUnacknowledged)
        {
            await RestartAsync(cancellationToken);
            return;
        }

        for (var count = Interlocked.Exchange(ref _unacknowledged, 0); count > 0; count--)
            await Page.CallAsync("Page.screencastFrameAck", new { sessionId = screencastId }, cancellationToken);
    }

    private async Task RestartAsync(CancellationToken cancellationToken)
    {
        await Page.CallAsync("Page.stopScreencast", null, cancellationToken);
        Volatile.Write(ref _unacknowledged, 0);
        await Page.CallAsync("Page.startScreencast", Options, cancellationToken);
    }

    private static async Task<bool> CompletesSoonAsync(Task task, CancellationToken cancellationToken)
    {
        using var stopWaiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var isCompleted = await Task.WhenAny(task, Task.Delay(QuietTime, TimeProvider.System, stopWaiting.Token)) == task;
        await stopWaiting.CancelAsync();
        return isCompleted;
    }

    private void OnEvent(string method, JsonElement parameters)
    {
        if (method != "Page.screencastFrame") return;
        Interlocked.Increment(ref _unacknowledged);
        _newestFrame.Writer.TryWrite(parameters);
    }

    private async Task CompleteAsync()
    {
        await Page.Ended;
        _newestFrame.Writer.TryComplete();
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
