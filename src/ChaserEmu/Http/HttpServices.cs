using ChaserEmu.Settings;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Http;

internal static class HttpServices
{
    public static IServiceCollection AddHttpManners(this IServiceCollection services) => services
        .AddSettings<PublicOptions>()
        .AddSettings<SecurityOptions>()
        .AddSettings<HttpsOptions>()
        .AddSingleton<IConfigureOptions<KestrelServerOptions>, HttpsCertificate>()
        .AddSingleton<IConfigureOptions<ForwardedHeadersOptions>, TrustedProxies>()
        .AddSingleton<PublicAddress>()
        .AddExceptionHandler<UnexpectedErrors>()
        .AddProblemDetails();
}
