using System.Net;
using System.Net.Sockets;
using ChaserEmu.Domain;
using ChaserEmu.Platform;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace ChaserEmu.Http;

/// <summary>
/// Takes connections on the thread that hears of them, which spares each a change of threads, and only while there are files for them.
/// Kestrel by itself takes them until there are none, then asks for more as fast as it can, and the next thread that .NET wants ends the process.
/// </summary>
internal sealed class LoadSheddingListenerFactory(SocketTransportFactory sockets, ILogger<LoadSheddingListenerFactory> logger) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>For <see cref="SocketTransportOptions.CreateBoundListenSocket"/>.</summary>
    /// <exception cref="UnusableAddressException">The address is none of this machine, or not for this user.</exception>
    public static Socket CreateListenSocket(EndPoint endpoint)
    {
        try
        {
            var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            InlineCompletions.Set(socket, true);
            return socket;
        }
        catch (SocketException fault) when (fault.SocketErrorCode is not SocketError.AddressAlreadyInUse)
        {
            throw new UnusableAddressException(endpoint, fault);
        }
    }

    public bool CanBind(EndPoint endpoint) => sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await sockets.BindAsync(endpoint, cancellationToken), logger);

    /// <summary>On one of the last connections there is only the one answer.</summary>
    public static async Task ShedLoadAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<Scarcity>() is null)
        {
            await next(context);
            return;
        }

        context.Response.Headers.Connection = "close";
        await ErrorEnvelope.WriteAsync(context, ApiError.TooManyFiles);
    }

    /// <summary>Marks a connection that was taken when files were scarce.</summary>
    private sealed class Scarcity;

    private sealed class Listener(IConnectionListener inner, ILogger logger) : IConnectionListener
    {
        private InlineBudget _streak;

        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await TakeAsync(cancellationToken) is { } connection)
            {
                if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket || !FileDescriptorLimit.IsNearLimit(socket, logger)) return connection;
                if (!FileDescriptorLimit.IsInReserve(socket))
                {
                    connection.Features.Set(new Scarcity());
                    return connection;
                }

                connection.Abort();
                await connection.DisposeAsync();
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => inner.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        /// <summary>One at a time, as Kestrel asks for them. Of many that come at once most are taken in the pool.</summary>
        private async ValueTask<ConnectionContext?> TakeAsync(CancellationToken cancellationToken)
        {
            var taking = inner.AcceptAsync(cancellationToken);
            var isTooLong = _streak.IsExhausted(hasWaited: !taking.IsCompleted);
            var connection = await taking;
            if (isTooLong || connection is null) await InlineCompletions.SwitchToThreadPool();
            return connection;
        }
    }
}
