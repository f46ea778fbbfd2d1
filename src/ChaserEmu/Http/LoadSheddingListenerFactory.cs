using System.Net;
using System.Net.Sockets;
using ChaserEmu.Domain;
using ChaserEmu.Platform;
using ChaserEmu.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace ChaserEmu.Http;

/// <summary>
/// Accepts connections only while file descriptors are available, and inline on the socket thread (<see cref="InlineCompletions"/>).
/// Kestrel alone accepts until none are left and then retries in a busy loop; the process dies when .NET cannot start its next thread.
/// </summary>
internal sealed class LoadSheddingListenerFactory(IServiceProvider services, TransportSwitches transport, ILogger<LoadSheddingListenerFactory> logger) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    /// <summary>For <see cref="SocketTransportOptions.CreateBoundListenSocket"/>. Accepted connections inherit the keep-alive.</summary>
    /// <param name="endpoint">The address to listen on.</param>
    /// <param name="inline">Runs the continuations of accepts.</param>
    /// <param name="keepAlive">How long a peer can be silent (<see cref="TcpLiveness"/>); null for no limit.</param>
    /// <exception cref="UnusableAddressException">The address does not belong to this machine, or the user may not use it.</exception>
    public static Socket CreateListenSocket(EndPoint endpoint, InlineCompletions inline, TimeSpan? keepAlive)
    {
        try
        {
            var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            inline.Set(socket, true);
            TcpLiveness.EnableKeepAlive(socket, keepAlive);
            return socket;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is not SocketError.AddressAlreadyInUse)
        {
            throw new UnusableAddressException(endpoint, exception);
        }
    }

    /// <summary>Created on first use, when the settings have been validated.</summary>
    private SocketTransportFactory Sockets => services.GetRequiredService<SocketTransportFactory>();

    public bool CanBind(EndPoint endpoint) => Sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await Sockets.BindAsync(endpoint, cancellationToken), transport.InlineCompletions, logger);

    /// <summary>Middleware: returns 503 on connections that were accepted close to the file descriptor limit.</summary>
    public static async Task ShedLoadAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<NearLimitFeature>() is null)
        {
            await next(context);
            return;
        }

        context.Response.Headers.Connection = "close";
        await ErrorEnvelope.WriteAsync(context, ApiError.TooManyFiles);
    }

    /// <summary>Marks a connection that was accepted close to the file descriptor limit.</summary>
    private sealed class NearLimitFeature;

    private sealed class Listener(IConnectionListener inner, InlineCompletions inline, ILogger logger) : IConnectionListener
    {
        private InlineBudget _inlineBudget;

        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await AcceptOneAsync(cancellationToken) is { } connection)
            {
                if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket || !FileDescriptorLimit.IsNearLimit(socket, logger)) return connection;
                if (!FileDescriptorLimit.IsInReserve(socket))
                {
                    connection.Features.Set(new NearLimitFeature());
                    return connection;
                }

                connection.Abort();
                await connection.DisposeAsync();
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => inner.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();

        /// <summary>Accepts one connection. In a burst, most continue on the thread pool, so that the socket thread is not blocked.</summary>
        private async ValueTask<ConnectionContext?> AcceptOneAsync(CancellationToken cancellationToken)
        {
            var accept = inner.AcceptAsync(cancellationToken);
            var isExhausted = _inlineBudget.IsExhausted(hasWaited: !accept.IsCompleted);
            var connection = await accept;
            if (isExhausted || connection is null) await inline.SwitchToThreadPool();
            return connection;
        }
    }
}
