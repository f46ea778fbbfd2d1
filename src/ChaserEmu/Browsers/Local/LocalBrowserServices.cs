using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ChaserEmu.Browsers.Local;

internal static class LocalBrowserServices
{
    /// <summary>Makes the browsers of sessions Chrome processes on this machine.</summary>
    public static IServiceCollection AddLocalBrowsers(this IServiceCollection services)
    {
        services.AddSingleton<ChromeLauncher>();
        services.AddSingleton<IBrowserCheck, LocalBrowserCheck>();
        services.TryAddSingleton<IBrowserLauncher, LocalBrowserLauncher>();
        return services;
    }
}
