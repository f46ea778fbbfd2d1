using System.Globalization;
using ChaserEmu.Benchmarks.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace ChaserEmu.Benchmarks.Peers;

/// <summary>YARP alone, to measure what byte counting, frame tracking and inactive fault rules cost.</summary>
internal static class PlainYarp
{
    public static ServerProcess Start(ScenarioContext context, int port, int target) => context.DisposeAtEnd(new ServerProcess(
        Environment.ProcessPath!, ["plain-yarp", string.Create(CultureInfo.InvariantCulture, $"{port},{target}")], context.Folder));

    /// <summary>Runs the proxy.</summary>
    /// <param name="ports">The port to listen on and the port to forward to: <c>port,target</c>.</param>
    public static async Task<int> RunAsync(string ports)
    {
        var (port, target) = (ports.Split(',')[0], ports.Split(',')[1]);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddHttpForwarder();
        await using var app = builder.Build();
        using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null });
        app.MapForwarder("/{**path}", $"http://127.0.0.1:{target}", new ForwarderRequestConfig { ActivityTimeout = Timeout.InfiniteTimeSpan }, HttpTransformer.Default, client);
        await app.RunAsync();
        return 0;
    }
}
