using System.IO.Pipelines;
using System.Net.ServerSentEvents;
using System.Text;
using System.Threading.Channels;
using ChaserEmu.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Tests.Http;

/// <summary>Streams of server-sent events.</summary>
public sealed class EventStreamTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task An_idle_stream_sends_comments_and_goes_on_with_the_next_event()
    {
        var body = new Pipe();
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body.Writer.AsStream()));
        var events = Channel.CreateUnbounded<SseItem<string>>();

        var time = new RunningOutTimeProvider();
        var writing = EventStream.WriteAsync(context, events.Reader.ReadAllAsync(CancellationToken.None), time);
        using var reader = new StreamReader(body.Reader.AsStream(), Encoding.UTF8);
        foreach (var _ in Enumerable.Range(0, 2))
        {
            time.EndWait();
            Assert.Equal(":", await reader.ReadLineAsync().WaitAsync(Timeout));
            Assert.Equal("", await reader.ReadLineAsync().WaitAsync(Timeout));
        }

        events.Writer.TryWrite(new SseItem<string>("{}", "session.ready") { EventId = "7" });
        events.Writer.Complete();
        await writing.WaitAsync(Timeout);
        await body.Writer.CompleteAsync();

        Assert.Equal("event: session.ready\ndata: {}\nid: 7\n\n", await reader.ReadToEndAsync());
        Assert.Equal("text/event-stream", context.Response.ContentType);
        Assert.Equal("no", context.Response.Headers["X-Accel-Buffering"]);
        Assert.Equal(TimeSpan.FromSeconds(15), time.Period);
    }

    /// <summary>A time provider whose one timer fires when a test says so.</summary>
    private sealed class RunningOutTimeProvider : TimeProvider, ITimer
    {
        private readonly TaskCompletionSource<Action> _callback = new();

        public TimeSpan Period { get; private set; }

        public void EndWait() => _callback.Task.Result();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Period = period;
            _callback.SetResult(() => callback(state));
            return this;
        }

        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
