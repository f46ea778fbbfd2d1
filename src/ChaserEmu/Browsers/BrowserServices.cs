using ChaserEmu.Egress;
using ChaserEmu.Settings;
using ChaserEmu.Time;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChaserEmu.Browsers;

internal static class BrowserServices
{
    /// <summary>Registers <see cref="IBrowserSource"/>. The <see cref="IBrowserLauncher"/> is registered by the kind of browser.</summary>
    public static IServiceCollection AddBrowsers(this IServiceCollection services)
    {
        services.AddSettings<BrowserOptions>();
        services.AddSettings<EgressOptions>();
        services.AddSingleton<EmulatorPorts>();
        services.AddSingleton<OutboundConnector>();
        services.AddSingleton<FailedRequestLog>();
        services.AddSingleton<IResettable>(provider => provider.GetRequiredService<FailedRequestLog>());
        services.TryAddSingleton<IDeviceSource, DeviceCatalog>();
        services.AddSingleton<BrowserPool>();
        services.TryAddSingleton<IBrowserSource>(provider => provider.GetRequiredService<BrowserPool>());
        services.AddHostedService(provider => provider.GetRequiredService<BrowserPool>());
        return services;
    }
}
