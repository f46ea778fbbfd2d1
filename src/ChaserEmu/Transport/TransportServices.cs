using ChaserEmu.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Transport;

internal static class TransportServices
{
    public static IServiceCollection AddTransport(this IServiceCollection services) => services
        .AddSettings<TransportOptions>()
        .AddSingleton<TransportSwitches>()
        .AddSingleton<TunnelTransport>()
        .AddSingleton<IConfigureOptions<SocketTransportOptions>, KestrelTransportSetup>();
}
