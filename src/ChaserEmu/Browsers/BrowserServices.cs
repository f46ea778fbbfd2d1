using ChaserEmu.Egress;
using ChaserEmu.Settings;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChaserEmu.Browsers;

internal static class BrowserServices
{
    /// <summary>Registers the browser services: <see cref="IBrowserSource"/> for sessions, <see cref="BrowserPool"/> for readiness and metrics.</summary>
    public static IServiceCollection AddBrowsers(this IServiceCollection services)
    {
        services.AddSettings<BrowserOptions>();
        services.AddSettings<EgressOptions>();
        services.AddSingleton<EmulatorPorts>();
        services.TryAddSingleton<IDeviceSource, DeviceCatalog>();
        services.AddSingleton<ChromeLauncher>();
        services.AddSingleton<BrowserPool>();
        services.AddSingleton<IBrowserSource>(provider => provider.GetRequiredService<BrowserPool>());
        services.AddHostedService(provider => provider.GetRequiredService<BrowserPool>());
        return services;
    }
}
