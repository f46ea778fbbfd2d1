using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using System.Text.Json;
using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;

namespace ChaserEmu.Gateway;

/// <summary>
/// One viewer's connection to a session's live view. It sends pictures of the page in front, and dispatches the viewer's input to
/// that page. The viewer can ask for the list of tabs, and bring another one to the front. At the end of the session the viewer gets a
/// close frame with the reason. A live view does not count as a CDP connection: it does not affect the idle limit and its bytes are not
/// metered.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Neither the semaphore nor the token source has a wait handle; disposing them would race with the session's end.")]
internal sealed class LiveView(WebSocket socket, IBrowser browser) : ISessionConnection
{
    private const int MaxMessageBytes = 4096;

    /// <summary>The real time in which a viewer must answer a close frame before its connection is aborted.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    /// <summary>The real time between two checks for a page.</summary>
    private static readonly TimeSpan PageRetryDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>The real time between two checks whether the page in front is shown, while input waits for it.</summary>
    private static readonly TimeSpan SwitchInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>The real time in which a page must process an input before the viewer gets an error, and in which the browser must list its tabs.</summary>
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(5);

    /// <summary>The real time between two looks at the titles and URLs of the tabs.</summary>
    private static readonly TimeSpan TabsInterval = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _sendLock = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _inputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ShownPage? _page;
    private volatile Task<PageBlock>? _reported;
    private Task? _sendingTabs;
    private (double Width, double Height) _viewport;
    private bool _saidNoPage;

    /// <summary>Runs until the viewer or the session ends the live view.</summary>
    public async Task RunAsync()
    {
        var showing = ShowPagesAsync();
        try
        {
            await ReceiveInputAsync();
            if (socket.State is WebSocketState.CloseReceived) await CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null).WaitAsync(CloseTimeout, TimeProvider.System);
        }
        catch (Exception exception) when (exception is WebSocketException or TimeoutException or OperationCanceledException)
        {
            // The viewer disconnected without a close frame.
        }
        finally
        {
            _inputEnded.TrySetResult();
            await _stop.CancelAsync();
            socket.Abort();
            await showing;
            if (_sendingTabs is not null) await _sendingTabs;
        }
    }

    public async Task CloseAsync(EndedReason reason)
    {
        await _stop.CancelAsync();
        try
        {
            await CloseOutputAsync((WebSocketCloseStatus)CdpConnection.GetCloseCode(reason), reason.ToWire()).WaitAsync(CloseTimeout, TimeProvider.System);
            await _inputEnded.Task.WaitAsync(CloseTimeout, TimeProvider.System);
        }
        catch (Exception exception) when (exception is WebSocketException or TimeoutException or ObjectDisposedException or OperationCanceledException)
        {
            // The viewer does not read the close frame or does not answer it.
        }

        socket.Abort();
        await _finished.Task;
    }

    public void MarkFinished() => _finished.TrySetResult();

    /// <summary>Shows the page in front until it closes or another one is in front, then that one.</summary>
    private async Task ShowPagesAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var pages = await browser.GetPagesAsync(_stop.Token);
                var page = pages.Front;
                if (page is null && !_saidNoPage) await SendErrorAsync("The session has no open page.");
                _saidNoPage = page is null;
                if (page is null) _reported = null;
                else await ShowAsync(page, pages);
                if (pages.Front == page) await Task.Delay(PageRetryDelay, TimeProvider.System, _stop.Token);
            }
            catch (Exception exception) when (exception is BrowserUnavailableException || (exception is OperationCanceledException && !_stop.IsCancellationRequested))
            {
                await Task.Delay(PageRetryDelay, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ShowAsync(Page page, PageList pages)
    {
        var blocked = page.Blocked;
        if (_reported == blocked) return;
        _reported = null;
        await using var screencast = await Screencast.OpenAsync(browser, page, _stop.Token);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        try
        {
            _page = new ShownPage(page, screencast.Page, blocked);
            var running = screencast.RunAsync(ShowAsync, stop.Token);
            var behind = WaitUntilBehindAsync(page, pages, stop.Token);
            var first = await Task.WhenAny(running, blocked, behind);
            await stop.CancelAsync();
            await ((Task)Task.WhenAll(running, behind)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (first == running) await running;
            if (!blocked.IsCompleted) return;

            _reported = blocked;
            await SendErrorAsync(PageBlockedException.GetMessage(await blocked));
        }
        finally
        {
            _page = null;
        }
    }

    /// <summary>Completes when another page is in front, or none.</summary>
    private static async Task WaitUntilBehindAsync(Page page, PageList pages, CancellationToken cancellationToken)
    {
        for (var changed = pages.Changed; pages.Front == page; changed = pages.Changed) await changed.WaitAsync(cancellationToken);
    }

    /// <summary>Sends the list of tabs when it differs from the one that was sent last.</summary>
    private async Task SendTabsAsync()
    {
        var sent = "";
        while (!_stop.IsCancellationRequested)
        {
            using var timeout = StartTimeout();
            try
            {
                var pages = await browser.GetPagesAsync(timeout.Token);
                var changed = pages.Changed;
                var tabs = JsonSerializer.Serialize(new { type = "tabs", tabs = await GetTabsAsync(pages, timeout.Token) });
                if (tabs != sent) await SendAsync(System.Text.Encoding.UTF8.GetBytes(sent = tabs), WebSocketMessageType.Text);
                await Task.WhenAny(changed, Task.Delay(TabsInterval, TimeProvider.System, _stop.Token));
            }
            catch (Exception exception) when (exception is BrowserUnavailableException || (exception is OperationCanceledException && !_stop.IsCancellationRequested))
            {
                // The browser does not respond now. It is asked again.
                await Task.Delay(TabsInterval, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception exception) when (exception is OperationCanceledException or WebSocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>Returns the open pages with their titles and URLs, the oldest first.</summary>
    private async Task<IReadOnlyList<object>> GetTabsAsync(PageList pages, CancellationToken cancellationToken)
    {
        using var list = JsonDocument.Parse(await browser.GetDocumentAsync(DevToolsDocument.List, cancellationToken));
        var targets = list.RootElement.EnumerateArray().ToDictionary(target => target.GetProperty("id").GetString()!, target => (Title: target.GetProperty("title").GetString()!, Url: target.GetProperty("url").GetString()!));
        var front = pages.Front;
        return [.. from page in pages.All where targets.ContainsKey(page.TargetId) let target = targets[page.TargetId] select new { id = page.TargetId, title = target.Title, url = target.Url, front = page == front }];
    }

    private async Task ShowAsync(ScreencastFrame frame)
    {
        if (_viewport != (frame.Width, frame.Height))
        {
            _viewport = (frame.Width, frame.Height);
            await SendAsync(new { type = "viewport", width = frame.Width, height = frame.Height });
        }

        await SendAsync(frame.Jpeg, WebSocketMessageType.Binary);
    }

    /// <summary>Receives and dispatches input messages one after the other. Returns at the viewer's close frame.</summary>
    private async Task ReceiveInputAsync()
    {
        var buffer = new byte[MaxMessageBytes];
        while (true)
        {
            var (length, isComplete) = (0, true);
            ValueWebSocketReceiveResult part;
            do
            {
                // A message that is too long is read to its end, so that the connection can continue.
                if (length == buffer.Length) (length, isComplete) = (0, false);
                part = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (part.MessageType is WebSocketMessageType.Close) return;
                length += part.Count;
            }
            while (!part.EndOfMessage);

            var error = !isComplete ? $"The message is too long. The limit is {MaxMessageBytes} bytes."
                : part.MessageType is not WebSocketMessageType.Text ? "Input must be sent as JSON in text messages, not in binary messages."
                : await HandleAsync(buffer.AsMemory(0, length));
            if (error is not null) await SendErrorAsync(error);
        }
    }

    /// <summary>Does what one message asks for. Returns an error message, or null if it is done.</summary>
    private async Task<string?> HandleAsync(ReadOnlyMemory<byte> message)
    {
        switch (LiveViewInputParser.Parse(message.Span, out var error))
        {
            case PageInput input:
                return await DispatchAsync(input.Commands);
            case TabActivation activation:
                return await ActivateAsync(activation.TargetId);
            case TabsRequest:
                _sendingTabs ??= SendTabsAsync();
                return null;
            default:
                return error;
        }
    }

    /// <summary>Brings a tab to the front, for the browser and for all viewers. Returns an error message, or null if it is there.</summary>
    private async Task<string?> ActivateAsync(string targetId)
    {
        using var timeout = StartTimeout();
        try
        {
            var pages = await browser.GetPagesAsync(timeout.Token);
            if (pages.All.FirstOrDefault(page => page.TargetId == targetId) is not { } page) return "This tab is closed.";
            await using var session = await browser.AttachAsync(page, (_, _) => { }, timeout.Token);
            await session.CallAsync("Page.bringToFront", null, timeout.Token);
            pages.Activate(targetId);
            return null;
        }
        catch (Exception exception) when (exception is BrowserUnavailableException or OperationCanceledException)
        {
            return "The tab was closed, or does not respond.";
        }
    }

    /// <summary>Dispatches input to the page. Returns an error message, or null if the page has processed the input.</summary>
    private async Task<string?> DispatchAsync(IReadOnlyList<(string Method, object Parameters)> events)
    {
        using var timeout = StartTimeout();
        ShownPage? page = null;
        try
        {
            page = await WaitForPageAsync(timeout.Token);
            if (page is null) return _reported is { } blocked ? PageBlockedException.GetMessage(await blocked) : "The session has no open page. Open a page, then send the input again.";
            var dispatching = DispatchAsync(page.Session, events, timeout.Token);
            if (await Task.WhenAny(dispatching, page.Blocked) != dispatching) await timeout.CancelAsync();
            await dispatching;
            return null;
        }
        catch (Exception exception) when (exception is BrowserUnavailableException or OperationCanceledException)
        {
            if (page?.Blocked.IsCompleted == true) return PageBlockedException.GetMessage(await page.Blocked);
            return exception is BrowserUnavailableException ? "The page was closed or rejected the input." : $"The page did not process the input within {ResponseTimeout.TotalSeconds} seconds.";
        }
    }

    /// <summary>Returns the page in front once the viewer sees it; null if there is none, or it is blocked.</summary>
    private async Task<ShownPage?> WaitForPageAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if ((await browser.GetPagesAsync(cancellationToken)).Front is not { } front) return null;
            if (_page is { } shown && shown.Page == front) return shown;
            if (_reported == front.Blocked) return null;
            await Task.Delay(SwitchInterval, TimeProvider.System, cancellationToken);
        }
    }

    private static async Task DispatchAsync(CdpSession page, IReadOnlyList<(string Method, object Parameters)> events, CancellationToken cancellationToken)
    {
        foreach (var (method, parameters) in events) await page.CallAsync(method, parameters, cancellationToken);
    }

    /// <summary>Returns a token source that is canceled after <see cref="ResponseTimeout"/>, or when the live view ends.</summary>
    private CancellationTokenSource StartTimeout()
    {
        var timeout = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        timeout.CancelAfter(ResponseTimeout);
        return timeout;
    }

    private async Task SendErrorAsync(string error)
    {
        try
        {
            await SendAsync(new { type = "error", message = error });
        }
        catch (OperationCanceledException)
        {
            // The session ends. The viewer gets a close frame instead.
        }
    }

    private Task SendAsync(object message) => SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text);

    // Senders wait for a slow viewer, so at most one frame is pending.
    private async Task SendAsync(byte[] message, WebSocketMessageType type)
    {
        await _sendLock.WaitAsync(_stop.Token);
        try
        {
            await socket.SendAsync(message, type, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sendLock.Release();
        }
    }

    private async Task CloseOutputAsync(WebSocketCloseStatus status, string? reason)
    {
        await _sendLock.WaitAsync();
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await socket.CloseOutputAsync(status, reason, CancellationToken.None);
        }
        finally
        {
            _sendLock.Release();
        }
    }

    /// <summary>The page whose pictures the viewer gets, and which takes the viewer's input.</summary>
    private sealed record ShownPage(Page Page, CdpSession Session, Task<PageBlock> Blocked);
}
