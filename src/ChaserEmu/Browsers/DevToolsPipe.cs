using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;

namespace ChaserEmu.Browsers;

/// <summary>
/// Our own DevTools connection to a browser, over two pipes: JSON messages, each ended by a NUL.
/// Events go to <paramref name="onEvent"/> in order, on the reading loop, so it must not wait for an answer.
/// </summary>
internal sealed class DevToolsPipe(Stream toBrowser, Stream fromBrowser, Action<JsonElement> onEvent) : IAsyncDisposable
{
    /// <summary>All that a pipe holds: a screenshot of a long page is megabytes.</summary>
    private const int LargestRead = 64 * 1024;

    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _calls = new();
    private readonly Lock _writing = new();
    private int _lastId;
    private bool _ended;

    /// <summary>Calls a method; <paramref name="parameters"/> is JSON. Completes with its result when the browser has done it.</summary>
    /// <exception cref="IOException">The browser refused, or is gone.</exception>
    public async Task<JsonElement> CallAsync(string method, string parameters, string? sessionId = null)
    {
        var id = Interlocked.Increment(ref _lastId);
        var answer = _calls[id] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        var session = sessionId is null ? "" : $",\"sessionId\":\"{sessionId}\"";
        var message = Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{{\"id\":{id},\"method\":\"{method}\",\"params\":{parameters}{session}}}\0"));

        try
        {
            // Not awaited: what we say fits the pipe, and must be there before a client's next words.
            lock (_writing) toBrowser.Write(message);
        }
        catch (IOException)
        {
            Fail(answer);
        }

        if (Volatile.Read(ref _ended)) Fail(answer);
        return await answer.Task;
    }

    /// <summary>Reads until the browser's end of the pipe closes.</summary>
    public async Task ReadAsync()
    {
        var reader = PipeReader.Create(fromBrowser, new StreamPipeReaderOptions(bufferSize: LargestRead));
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
            // The browser is gone: its exit is the news.
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
            // Nobody is there to read what was left to write.
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
