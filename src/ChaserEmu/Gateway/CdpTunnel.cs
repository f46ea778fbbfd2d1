using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Events;
using ChaserEmu.Faults;
using ChaserEmu.Journal;
using ChaserEmu.Sessions;
using ChaserEmu.Time;
using ChaserEmu.Transport;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Forwarder;

namespace ChaserEmu.Gateway;

/// <summary>
/// Forwards a client's CDP WebSocket to the session's browser. YARP does the handshake and copies the bytes. The stream that it copies
/// through counts them and sends the close frame.
/// </summary>
internal sealed partial class CdpTunnel(IHttpForwarder forwarder, EmulatedClock clock, FaultRegistry registry, EventFeed events, CdpJournal journal, TunnelTransport transport, PeerWatch peers, IOptions<CdpOptions> options, ILogger<CdpTunnel> logger) : IDisposable
{
    /// <summary>YARP needs an address, but <see cref="BrowserHandshakeHandler"/> gets the connection from the browser.</summary>
    private const string BrowserAddress = "ws://browser";

    // By default YARP ends a connection after 100 seconds without data. The idle limit of sessions is the session's task.
    private static readonly ForwarderRequestConfig NoActivityTimeout = new() { ActivityTimeout = Timeout.InfiniteTimeSpan };

    /// <summary>How long to wait, in real time, for the exit of a browser that rejects connections.</summary>
    private static readonly TimeSpan ExitTimeout = TimeSpan.FromSeconds(2);

    private readonly HttpMessageInvoker _client = new(new BrowserHandshakeHandler());
    private long _lastConnection;

    /// <summary>Runs until the client, the browser or the session ends the connection. Returns the error to answer if there was no handshake, else null.</summary>
    /// <param name="context">The request to upgrade.</param>
    /// <param name="session">The session of the connection.</param>
    /// <param name="browser">The session's browser.</param>
    /// <param name="target">The id of the target (usually a page) to connect to; null connects to the browser.</param>
    public async Task<ApiError?> RunAsync(HttpContext context, LiveSession session, IBrowser browser, string? target)
    {
        using var counter = session.CdpMeter.OpenCounter();
        var number = Interlocked.Increment(ref _lastConnection);
        var recorder = new CdpRecorder(journal, clock, session.Workspace, session.Id, number);
        using var inspector = new CdpInspector(browser, target, options.Value.AdditionalContexts is AdditionalContexts.Refuse);
        var upgrade = new TunnelUpgradeFeature(context.Features.GetRequiredFeature<IHttpUpgradeFeature>(), context, counter, recorder, transport, inspector);
        var connection = new CdpConnection(upgrade, counter);
        if (!session.TryAddConnection(connection)) return session.EndRequested.IsCompleted ? ApiError.SessionNotOpen : ApiError.SessionNotReady;

        TunnelFaultInjector? faults = null;
        upgrade.Wrap = stream =>
        {
            Publish(session, number, isOpen: true, counter.Count);
            return new FaultInjectionStream(stream, faults = new TunnelFaultInjector(registry, new FaultContext(session.Workspace, session.Id), connection));
        };
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(connection.Aborted, context.RequestAborted);
        try
        {
            context.Features.Set<IHttpUpgradeFeature>(upgrade);
            _ = peers.RunAsync(context, session.Id, ended.Token);
            if (await ForwardAsync(context, browser, target, connection, ended.Token)) return null;
            ended.Token.ThrowIfCancellationRequested();
            if (target is not null && await browser.HasTargetAsync(target).WaitAsync(ended.Token) is false) return ApiError.NotFound;

            if (browser.Capabilities.HasFlag(BrowserCapabilities.Restart))
            {
                // A browser that a client has just closed rejects connections until it exits. Wait for that, then try the restarted browser.
                await Task.WhenAny(browser.Exited, Task.Delay(ExitTimeout, TimeProvider.System, ended.Token));
                if (await ForwardAsync(context, browser, target, connection, ended.Token)) return null;
            }
        }
        catch (BrowserUnavailableException exception)
        {
            LogRestartFailed(logger, session.Id, exception);
        }
        catch (OperationCanceledException)
        {
            // The session ended or the client disconnected while the browser restarted.
        }
        finally
        {
            faults?.Dispose();
            if (upgrade.Stream is { } stream && (stream.IsClosedByBrowser || !stream.ClientClosed.IsCompleted)) browser.MarkSuspect();
            try
            {
                await connection.FinishAsync(browser, target, context.RequestAborted);
            }
            finally
            {
                // In any case: with a connection that it does not have, the session would never become idle.
                session.RemoveConnection(connection, clock.GetUtcNow());
                if (upgrade.Stream is not null) Publish(session, number, isOpen: false, counter.Count);
                connection.MarkFinished();
            }
        }

        return session.EndRequested.IsCompleted ? ApiError.SessionNotOpen : ApiError.BrowserUnavailable;
    }

    /// <summary>Forwards the connection. Returns false if there was no handshake; nothing has been sent to the client then.</summary>
    private async Task<bool> ForwardAsync(HttpContext context, IBrowser browser, string? target, CdpConnection connection, CancellationToken ended)
    {
        await browser.EnsureRunningAsync(ended);
        await forwarder.SendAsync(context, BrowserAddress, _client, NoActivityTimeout, new BrowserRequestTransformer(browser, target, transport), connection.Aborted);
        if (context.Features.Get<IHttpUpgradeFeature>() is TunnelUpgradeFeature { Stream: not null })
        {
            // Prepare a connection for the next client.
            if (!connection.Aborted.IsCancellationRequested) browser.Preconnect();
            return true;
        }

        browser.MarkSuspect();
        context.Response.StatusCode = StatusCodes.Status200OK;
        return false;
    }

    public void Dispose() => _client.Dispose();

    private void Publish(LiveSession session, long connection, bool isOpen, ByteCount count) => events.Publish(
        new CdpConnectionEvent(session.Id.ToString(), session.Workspace.Value, connection, isOpen, session.ConnectionCount, count.Up, count.Down)
        {
            At = clock.GetUtcNow(),
            RealAt = TimeProvider.System.GetUtcNow(),
        });

    [LoggerMessage(Level = LogLevel.Error, Message = "Could not restart the browser of {Session}")]
    private static partial void LogRestartFailed(ILogger logger, SessionId session, Exception exception);

    /// <summary>Replaces the client's request. None of its headers reach the browser; the browser's connection has its own handshake.</summary>
    private sealed class BrowserRequestTransformer(IBrowser browser, string? target, TunnelTransport transport) : HttpTransformer
    {
        public override ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            proxyRequest.RequestUri = new Uri(BrowserAddress);
            proxyRequest.Options.Set(BrowserHandshakeHandler.Open, OpenAsync);
            proxyRequest.Options.Set(BrowserHandshakeHandler.WebSocketKey, httpContext.Request.Headers.SecWebSocketKey.ToString());
            return ValueTask.CompletedTask;
        }

        private async Task<Stream> OpenAsync(CancellationToken cancellationToken) => await browser.OpenDevToolsAsync(target, cancellationToken) switch
        {
            ConnectedSocket socket => transport.OpenBrowser(socket.WebSocket, browser.Preconnect),
            ConnectedStream connection => connection.Stream,
            var other => throw new InvalidOperationException($"{other.GetType()} is not a known kind of connection."),
        };

        public override async ValueTask<bool> TransformResponseAsync(
            HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            if (proxyResponse is null) return false;
            if (httpContext.Features.Get<IHttpUpgradeFeature>() is TunnelUpgradeFeature upgrade) upgrade.Browser = await proxyResponse.Content.ReadAsStreamAsync(cancellationToken);
            return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }
    }
}
