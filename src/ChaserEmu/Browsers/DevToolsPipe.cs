using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;

namespace ChaserEmu.Browsers;

/// <summary>
/// The emulator's own DevTools connection to a browser, over two pipes: JSON messages, each ended by a NUL byte.
/// <paramref name="onEvent"/> receives events in order, on the read loop, so it must not wait for a response.
/// </summary>
internal sealed class DevToolsPipe(Stream toBrowser, Stream fromBrowser, Action<JsonElement> onEvent) : IAsyncDisposable
{
    /// <summary>The capacity of a pipe on Linux. Large reads matter for screenshots of several MB.</summary>
    private const int ReadBufferBytes = 64 * 1024;

    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _calls = new();
    private readonly Lock _writing = new();
    private int _lastId;
    private bool _ended;

    /// <summary>Calls a method and returns its result. <paramref name="parameters"/> is JSON.</summary>
    /// <exception cref="IOException">The browser returned an error, or has exited.</exception>
    public async Task<JsonElement> CallAsync(string method, string parameters, string? sessionId = null)
    {
        var id = Interlocked.Increment(ref _lastId);
        var response = _calls[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        var session = sessionId is null ? "" : $",\"sessionId\":\"{sessionId}\"";
        var message = Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{{\"id\":{id},\"method\":\"{method}\",\"params\":{parameters}{session}}}\0"));

        try
        {
            // Synchronous: messages fit into the pipe, and must reach the browser before the next message of a client.
            lock (_writing) toBrowser.Write(message);
        }
        catch (IOException)
        {
            Fail(response);
        }

        if (Volatile.Read(ref _ended)) Fail(response);
        return await response.Task;
    }

    /// <summary>Reads responses and events until the browser closes its end of the pipe.</summary>
    public async Task ReadAsync()
    {
        var reader = PipeReader.Create(fromBrowser, new StreamPipeReaderOptions(bufferSize: ReadBufferBytes));
        try
        {
            while (await reader.ReadAsync() is { } read)
            {
                var rest = read.Buffer;
                while (rest.PositionOf((byte)0) is { } end)
                {
                    Dispatch(rest.Slice(0, end));
                    rest = rest.Slice(rest.GetPosition(1, end));
                }

                if (read.IsCompleted) return;
                reader.AdvanceTo(rest.Start, rest.End);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The browser has exited; ChromeProcess reports that.
        }
        finally
        {
            Volatile.Write(ref _ended, true);
            foreach (var call in _calls.Values) Fail(call);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await fromBrowser.DisposeAsync();
        try
        {
            await toBrowser.DisposeAsync();
        }
        catch (IOException)
        {
            // The browser has exited; buffered messages are lost.
        }
    }

    private void Dispatch(ReadOnlySequence<byte> message)
    {
        using var document = JsonDocument.Parse(message);
        var root = document.RootElement;
        if (!root.TryGetProperty("id", out var id))
            onEvent(root);
        else if (_calls.TryRemove(id.GetInt32(), out var call))
        {
            if (root.TryGetProperty("error", out var error)) call.TrySetException(new IOException($"DevTools: {error}"));
            else call.TrySetResult(root.GetProperty("result").Clone());
        }
    }

    private static void Fail(TaskCompletionSource<JsonElement> call) => call.TrySetException(new IOException("The browser has closed its DevTools pipe."));
}
