using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using System.Text.Json;
using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;

namespace ChaserEmu.Gateway;

/// <summary>
/// One viewer of a session: shows it the first page, whichever that is at the time, and hands the page what the viewer does.
/// It is told why the session ends, but is not one of its connections: it keeps nothing awake and is counted nowhere.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "Neither the semaphore nor the token source has a wait handle; disposing them would race with the session's end.")]
internal sealed class LiveView(WebSocket socket, Browser browser) : ISessionConnection
{
    private const int LongestMessage = 4096;

    /// <summary>How long a viewer may take to answer a close frame, in real time, before its connection is cut.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>How long to wait for a page to be opened, in real time, before looking again.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(250);

    /// <summary>How long a page may take for an input, in real time, before the viewer is told.</summary>
    private static readonly TimeSpan InputPatience = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _listened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile PageConnection? _page;
    private (double Width, double Height) _viewport;

    /// <summary>Runs until the viewer or the session ends it.</summary>
    public async Task RunAsync()
    {
        var watching = WatchAsync();
        try
        {
            await ListenAsync();
            if (socket.State is WebSocketState.CloseReceived) await CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null).WaitAsync(Patience, TimeProvider.System);
        }
        catch (Exception fault) when (fault is WebSocketException or TimeoutException or OperationCanceledException)
        {
            // The viewer left without a word.
        }
        finally
        {
            _listened.TrySetResult();
            await _stop.CancelAsync();
            socket.Abort();
            await watching;
        }
    }

    public async Task CloseAsync(EndedReason reason)
    {
        await _stop.CancelAsync();
        try
        {
            await CloseOutputAsync((WebSocketCloseStatus)CdpConnection.GetCloseCode(reason), reason.ToWire()).WaitAsync(Patience, TimeProvider.System);
            await _listened.Task.WaitAsync(Patience, TimeProvider.System);
        }
        catch (Exception fault) when (fault is WebSocketException or TimeoutException or ObjectDisposedException or OperationCanceledException)
        {
            // It takes no close frame, or does not answer it.
        }

        socket.Abort();
        await _finished.Task;
    }

    public void MarkFinished() => _finished.TrySetResult();

    /// <summary>Shows the first page for as long as there is one, then the next that is the first.</summary>
    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var (page, _) = await browser.GetFirstPageAsync(_stop.Token);
                if (page is not null) await ShowAsync(page);
                await Task.Delay(LookAgain, TimeProvider.System, _stop.Token);
            }
            catch (Exception fault) when (fault is BrowserUnavailableException || (fault is OperationCanceledException && !_stop.IsCancellationRequested))
            {
                await Task.Delay(LookAgain, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception fault) when (fault is OperationCanceledException or WebSocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ShowAsync(Page page)
    {
        await using var cast = await Screencast.OpenAsync(browser, page, _stop.Token);
        try
        {
            _page = cast.Page;
            await cast.RunAsync(ShowAsync, _stop.Token);
        }
        finally
        {
            _page = null;
        }
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

    /// <summary>Takes one message after another, each when the page has had the one before; returns at the viewer's close frame.</summary>
    private async Task ListenAsync()
    {
        var buffer = new byte[LongestMessage];
        while (true)
        {
            var (length, whole) = (0, true);
            ValueWebSocketReceiveResult part;
            do
            {
                // What is too long is read to its end all the same: the connection goes on after it.
                if (length == buffer.Length) (length, whole) = (0, false);
                part = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
                if (part.MessageType is WebSocketMessageType.Close) return;
                length += part.Count;
            }
            while (!part.EndOfMessage);

            var error = !whole ? $"A message may have {LongestMessage} bytes at the most."
                : part.MessageType is not WebSocketMessageType.Text ? "Input is JSON in text messages."
                : await DeliverAsync(buffer.AsMemory(0, length));
            if (error is not null) await TellAsync(error);
        }
    }

    /// <summary>Null when the page has had it, else why not.</summary>
    private async Task<string?> DeliverAsync(ReadOnlyMemory<byte> message)
    {
        if (LiveViewInputParser.Parse(message.Span, out var error) is not { } events) return error;
        if (_page is not { } page) return "The session's browser has no page to take input.";
        using var patience = new CancellationTokenSource(InputPatience, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        try
        {
            foreach (var (method, parameters) in events) await page.CallAsync(method, parameters, either.Token);
            return null;
        }
        catch (BrowserUnavailableException)
        {
            return "The page went away, or refused the input.";
        }
        catch (OperationCanceledException)
        {
            return "The page does not respond.";
        }
    }

    private async Task TellAsync(string error)
    {
        try
        {
            await SendAsync(new { type = "error", message = error });
        }
        catch (OperationCanceledException)
        {
            // The session ends, and says so itself.
        }
    }

    private Task SendAsync(object message) => SendAsync(JsonSerializer.SerializeToUtf8Bytes(message), WebSocketMessageType.Text);

    /// <summary>Whoever sends waits for a slow viewer, and so what waits is one frame at the most.</summary>
    private async Task SendAsync(byte[] message, WebSocketMessageType type)
    {
        await _sending.WaitAsync(_stop.Token);
        try
        {
            await socket.SendAsync(message, type, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task CloseOutputAsync(WebSocketCloseStatus status, string? reason)
    {
        await _sending.WaitAsync();
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await socket.CloseOutputAsync(status, reason, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }
    }
}
