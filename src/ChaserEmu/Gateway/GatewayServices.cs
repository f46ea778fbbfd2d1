namespace ChaserEmu.Gateway;

internal static class GatewayServices
{
    public static IServiceCollection AddGateway(this IServiceCollection services) => services.AddHttpForwarder().AddSingleton<CdpTunnel>();
}
