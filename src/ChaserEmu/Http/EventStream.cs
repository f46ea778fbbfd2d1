using System.Net.ServerSentEvents;

namespace ChaserEmu.Http;

/// <summary>Answers with server-sent events.</summary>
internal static class EventStream
{
    /// <summary>How often, in real time, a stream sends a comment. Proxies and load balancers often close connections that are silent for 30 to 60 s.</summary>
    internal static readonly TimeSpan KeepAliveInterval = TimeSpan.FromSeconds(15);

    private static readonly byte[] KeepAlive = ":\n\n"u8.ToArray();

    /// <summary>Writes the events as they come, until the client disconnects or <paramref name="events"/> ends.</summary>
    public static Task WriteAsync(HttpContext context, IAsyncEnumerable<SseItem<string>> events) => WriteAsync(context, events, TimeProvider.System);

    /// <inheritdoc cref="WriteAsync(HttpContext, IAsyncEnumerable{SseItem{string}})"/>
    internal static async Task WriteAsync(HttpContext context, IAsyncEnumerable<SseItem<string>> events, TimeProvider time)
    {
        var (response, cancellationToken) = (context.Response, context.RequestAborted);
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache,no-store";

        // nginx and others would otherwise collect events before they pass them on.
        response.Headers["X-Accel-Buffering"] = "no";

        if (HttpMethods.IsHead(context.Request.Method)) return;

        // Send the headers now, not with the first event: once a client has them, it misses no event.
        await response.Body.FlushAsync(cancellationToken);
        await using var reader = events.GetAsyncEnumerator(cancellationToken);
        using var timer = new PeriodicTimer(KeepAliveInterval, time);
        var (next, tick) = (reader.MoveNextAsync().AsTask(), timer.WaitForNextTickAsync(CancellationToken.None).AsTask());
        while (true)
        {
            if (await Task.WhenAny(next, tick) == next)
            {
                if (!await next) return;
                await SseFormatter.WriteAsync(new[] { reader.Current }.ToAsyncEnumerable(), response.Body, cancellationToken);
                next = reader.MoveNextAsync().AsTask();
            }
            else
            {
                await response.Body.WriteAsync(KeepAlive, cancellationToken);
                tick = timer.WaitForNextTickAsync(CancellationToken.None).AsTask();
            }
        }
    }
}
