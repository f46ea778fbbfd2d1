using ChaserEmu.Settings;

namespace ChaserEmu.Gateway;

internal static class GatewayServices
{
    public static IServiceCollection AddGateway(this IServiceCollection services) => services.AddSettings<CdpOptions>().AddHttpForwarder().AddSingleton<CdpTunnel>().AddSingleton<PeerWatch>();
}
