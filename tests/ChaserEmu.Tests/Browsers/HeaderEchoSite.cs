using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChaserEmu.Tests.Browsers;

/// <summary>A site with one mobile page that contains the headers of its request, and what its first script sees of the device. And a worker that does the latter.</summary>
internal sealed class HeaderEchoSite : IAsyncDisposable
{
    private readonly WebApplication _app;

    public HeaderEchoSite()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapGet("/", (HttpContext context) => Results.Text(
            "<meta name=viewport content=width=device-width><script>first = [navigator.maxTouchPoints, 'ontouchstart' in window, innerWidth, devicePixelRatio, navigator.userAgentData.mobile].join()</script><pre hidden>"
                + string.Join('\n', context.Request.Headers.Select(h => $"{h.Key.ToLowerInvariant()}: {h.Value}")) + "</pre>",
            "text/html"));
        _app.MapGet("/worker.js", () => Results.Text(
            """
            const first = `${navigator.userAgentData.platform} ${navigator.userAgentData.mobile} ${self.paused}`;
            onconnect = connection => connection.ports[0].postMessage(first);
            onmessage = message => message.ports[0].postMessage(first);
            """,
            "text/javascript"));
        _app.Start();
    }

    public string Url => _app.Urls.Single() + "/";

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
