using ChaserEmu.Settings;
using ChaserEmu.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Http;

internal static class HttpServices
{
    public static IServiceCollection AddHttpServices(this IServiceCollection services) => services
        .AddSettings<PublicOptions>()
        .AddSettings<SecurityOptions>()
        .AddSettings<HttpsOptions>()
        .AddSettings<NetworkOptions>()
        .AddSingleton<IConfigureOptions<KestrelServerOptions>, HttpsCertificateSetup>()
        .AddSingleton<IConfigureOptions<ForwardedHeadersOptions>, ForwardedHeadersSetup>()
        .AddSingleton<PublicUrlBuilder>()
        .AddSingleton<IConfigureOptions<SocketTransportOptions>, ListenSocketSetup>()
        .AddSingleton<SocketTransportFactory>()

        // Kestrel creates each registered factory before the settings are validated, and would report only the errors of Transport.
        .RemoveAll<IConnectionListenerFactory>()
        .AddSingleton<IConnectionListenerFactory, LoadSheddingListenerFactory>()
        .AddExceptionHandler<UnexpectedExceptionHandler>()
        .AddProblemDetails();

    private sealed class ListenSocketSetup(IOptions<NetworkOptions> network, TransportSwitches transport) : IConfigureOptions<SocketTransportOptions>
    {
        public void Configure(SocketTransportOptions options) =>
            options.CreateBoundListenSocket = endpoint => LoadSheddingListenerFactory.CreateListenSocket(endpoint, transport.InlineCompletions, network.Value.KeepAlive);
    }
}
