using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChaserEmu.Tests;

/// <summary>A web site for sessions: pages, downloads of any size, an upload and a WebSocket echo, over HTTP and over HTTPS with a self-signed certificate.</summary>
internal sealed class TestSite : IAsyncDisposable
{
    private static readonly byte[] Noise = RandomNumberGenerator.GetBytes(64 * 1024);

    private readonly X509Certificate2 _certificate = CreateSelfSignedCertificate();
    private readonly SemaphoreSlim _steps = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly WebApplication _app;

    public TestSite()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(server =>
        {
            server.Listen(IPAddress.Loopback, 0);
            server.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_certificate));
        });
        _app = builder.Build();
        _app.UseWebSockets();
        _app.MapGet("/", () => Results.Text(Page, "text/html"));
        _app.MapGet("/second", () => Results.Text("<title>second</title>", "text/html"));
        _app.MapGet("/file", () => Results.File("what was downloaded"u8.ToArray(), "application/octet-stream", "notes.txt"));
        _app.MapGet("/bytes/{count:int}", (HttpContext context, int count) => SendAsync(context, count));
        _app.MapGet("/steps", StepAsync);
        _app.MapGet("/flow", FlowAsync);
        _app.MapPost("/upload", async (HttpContext context) =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            return Results.Ok();
        });
        _app.Map("/echo", EchoAsync);
        _app.Start();
    }

    /// <summary>The base URL, without a trailing slash.</summary>
    public string HttpUrl => _app.Urls.Single(url => url.StartsWith("http:", StringComparison.Ordinal));

    /// <inheritdoc cref="HttpUrl"/>
    public string HttpsUrl => _app.Urls.Single(url => url.StartsWith("https:", StringComparison.Ordinal));

    private static string Page => """
        <title>first</title>
        <input id=name><button onclick="document.title = 'hello ' + document.getElementById('name').value">Greet</button>
        <a id=get href=/file>file</a>
        """;

    /// <summary>Lets <c>/steps</c> send its next 100,000 bytes.</summary>
    public void SendNextPart() => _steps.Release();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _app.DisposeAsync();
        _certificate.Dispose();
        _steps.Dispose();
        _stopping.Dispose();
    }

    private static async Task SendAsync(HttpContext context, int count)
    {
        context.Response.ContentLength = count;
        for (var left = count; left > 0; left -= Math.Min(left, Noise.Length))
            await context.Response.Body.WriteAsync(Noise.AsMemory(0, Math.Min(left, Noise.Length)), context.RequestAborted);
    }

    /// <summary>Sends three parts, each after a call of <see cref="SendNextPart"/>.</summary>
    private async Task StepAsync(HttpContext context)
    {
        for (var i = 0; i < 3; i++)
        {
            await _steps.WaitAsync(context.RequestAborted);
            await context.Response.Body.WriteAsync(new byte[100_000], context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    /// <summary>Sends about 1 MB/s until the client disconnects.</summary>
    private async Task FlowAsync(HttpContext context)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
            {
                await context.Response.Body.WriteAsync(Noise.AsMemory(0, 20_000), stop.Token);
                await context.Response.Body.FlushAsync(stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The client has disconnected.
        }
    }

    private static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } part)
                await socket.SendAsync(buffer.AsMemory(0, part.Count), part.MessageType, part.EndOfMessage, context.RequestAborted);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            // The client has disconnected.
        }
    }

    private static X509Certificate2 CreateSelfSignedCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
