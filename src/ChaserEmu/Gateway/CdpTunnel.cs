using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Journal;
using ChaserEmu.Sessions;
using ChaserEmu.Time;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace ChaserEmu.Gateway;

/// <summary>Carries a client's WebSocket to the session's browser. YARP shakes hands and copies; the stream it copies through counts and ends politely.</summary>
internal sealed partial class CdpTunnel(IHttpForwarder forwarder, EmulatedClock clock, FaultRegistry plan, CdpJournal journal, ILogger<CdpTunnel> logger) : IDisposable
{
    /// <summary>YARP would end a CDP connection after 100 quiet seconds; idleness is the session's to judge.</summary>
    private static readonly ForwarderRequestConfig NoTimeout = new() { ActivityTimeout = Timeout.InfiniteTimeSpan };

    private static readonly TimeSpan ExitPatience = TimeSpan.FromSeconds(2);

    private readonly HttpMessageInvoker _client = new(new BrowserHandshakeHandler());
    private readonly ActiveTunnels _crowd = new();
    private long _connections;

    /// <summary>Runs until either side or the session ends it. An error is what to answer when there was no handshake.</summary>
    /// <param name="context">The request to upgrade.</param>
    /// <param name="session">Whose connection it is.</param>
    /// <param name="browser">The session's browser.</param>
    /// <param name="target">The id of the one target (a page, mostly) that the client wants to talk to; null is the whole browser.</param>
    public async Task<ApiError?> RunAsync(HttpContext context, LiveSession session, Browser browser, string? target)
    {
        using var counter = session.CdpMeter.OpenCounter();
        var recorder = new CdpRecorder(journal, clock, session.Workspace, session.Id, Interlocked.Increment(ref _connections));
        var upgrade = new TunnelUpgradeFeature(context.Features.GetRequiredFeature<IHttpUpgradeFeature>(), context, counter, recorder, _crowd, browser.ExpectClose);
        var connection = new CdpConnection(upgrade, counter);
        if (!session.TryAddConnection(connection)) return session.EndRequested.IsCompleted ? ApiError.SessionNotOpen : ApiError.SessionNotReady;

        TunnelFaultInjector? faults = null;
        upgrade.Wrap = stream => new FaultInjectionStream(stream, faults = new TunnelFaultInjector(plan, new FaultContext(session.Workspace, session.Id), connection));
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(connection.Aborted, context.RequestAborted);
        try
        {
            context.Features.Set<IHttpUpgradeFeature>(upgrade);
            if (await ForwardAsync(context, browser, target, connection, gone.Token)) return null;
            gone.Token.ThrowIfCancellationRequested();
            if (target is not null && await browser.HasTargetAsync(target).WaitAsync(gone.Token) is false) return ApiError.NotFound;

            // A browser that a client has just closed refuses for as long as it takes to exit; it is waited for, for the next try.
            await Task.WhenAny(browser.Exited, Task.Delay(ExitPatience, TimeProvider.System, gone.Token));
            if (await ForwardAsync(context, browser, target, connection, gone.Token)) return null;
        }
        catch (BrowserUnavailableException failure)
        {
            LogNoBrowser(logger, session.Id, failure);
        }
        catch (OperationCanceledException)
        {
            // The session or the client ended while its browser was being started again.
        }
        finally
        {
            faults?.Dispose();
            if (upgrade.Stream is { } stream && (stream.IsClosedByBrowser || !stream.ClientClosed.IsCompleted)) browser.MarkSuspect();
            await connection.FinishAsync(browser, target, context.RequestAborted);
            session.RemoveConnection(connection, clock.GetUtcNow());
            connection.MarkFinished();
        }

        return session.EndRequested.IsCompleted ? ApiError.SessionNotOpen : ApiError.BrowserUnavailable;
    }

    /// <summary>False when there was no handshake, and nothing was answered.</summary>
    private async Task<bool> ForwardAsync(HttpContext context, Browser browser, string? target, CdpConnection connection, CancellationToken gone)
    {
        var port = await browser.ConnectUncheckedAsync(gone);
        var address = target is null ? port.Address : new Uri(port.Address, $"/devtools/page/{target}");
        await forwarder.SendAsync(context, address.GetLeftPart(UriPartial.Authority), _client, NoTimeout, new ToBrowser(port, address), connection.Aborted);
        if (context.Features.Get<IHttpUpgradeFeature>() is TunnelUpgradeFeature { Stream: not null })
        {
            // For who comes next, if the session goes on.
            if (!connection.Aborted.IsCancellationRequested) port.Preconnect();
            return true;
        }

        browser.MarkSuspect();
        context.Response.StatusCode = StatusCodes.Status200OK;
        return false;
    }

    public void Dispose() => _client.Dispose();

    [LoggerMessage(Level = LogLevel.Error, Message = "{Session}: its browser could not be started again")]
    private static partial void LogNoBrowser(ILogger logger, SessionId session, Exception failure);

    /// <summary>Of the client's request the browser sees nothing: what it is connected by is its own.</summary>
    private sealed class ToBrowser(DevToolsEndpoint port, Uri address) : HttpTransformer
    {
        public override ValueTask TransformRequestAsync(
            HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
        {
            proxyRequest.RequestUri = address;
            proxyRequest.Options.Set(BrowserHandshakeHandler.Port, port);
            proxyRequest.Options.Set(BrowserHandshakeHandler.WebSocketKey, httpContext.Request.Headers.SecWebSocketKey.ToString());
            return ValueTask.CompletedTask;
        }

        public override async ValueTask<bool> TransformResponseAsync(
            HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
        {
            if (proxyResponse is null) return false;
            if (httpContext.Features.Get<IHttpUpgradeFeature>() is TunnelUpgradeFeature upgrade) upgrade.BrowserStream = (BrowserStream)await proxyResponse.Content.ReadAsStreamAsync(cancellationToken);
            return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        }
    }
}
