using System.Net.Sockets;
using ChaserEmu.Domain;
using ChaserEmu.Platform;
using ChaserEmu.Settings;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Gateway;

/// <summary>
/// Aborts CDP connections whose client has vanished while data was on its way to it. The kernel would notice that only after about 15 minutes,
/// and until then the session would not become idle. On an idle connection the kernel's keep-alive probes do this.
/// </summary>
internal sealed partial class PeerWatch(IOptions<NetworkOptions> network, ILogger<PeerWatch> logger)
{
    private const int ChecksPerLimit = 4;

    /// <summary>Checks the connection until <paramref name="ended"/>.</summary>
    public async Task RunAsync(HttpContext context, SessionId session, CancellationToken ended)
    {
        if (network.Value.KeepAlive is not { } limit || context.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket) return;
        using var timer = new PeriodicTimer(limit / ChecksPerLimit, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                if (TcpLiveness.GetSilence(socket) < limit) continue;
                LogVanished(session, limit.TotalSeconds);
                context.Abort();
                return;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The connection has ended.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Closed a CDP connection of {Session}: its client has not acknowledged data for {Seconds} s (Network:KeepAliveSeconds)")]
    private partial void LogVanished(SessionId session, double seconds);
}
