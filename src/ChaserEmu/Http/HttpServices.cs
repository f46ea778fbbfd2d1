using ChaserEmu.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
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
        .AddSingleton<SocketTransportFactory>()
        .AddSingleton<IConnectionListenerFactory, Acceptor>()
        .AddExceptionHandler<UnexpectedErrors>()
        .AddProblemDetails();
}
