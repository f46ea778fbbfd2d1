using ChaserEmu.Settings;

namespace ChaserEmu.Http;

internal static class HttpServices
{
    public static IServiceCollection AddHttpManners(this IServiceCollection services)
    {
        return services.AddSettings<PublicOptions>().AddSettings<SecurityOptions>().AddSingleton<PublicAddress>().AddExceptionHandler<UnexpectedErrors>().AddProblemDetails();
    }
}
