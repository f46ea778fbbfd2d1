using System.Net;
using ChaserEmu.Domain;
using ChaserEmu.Kernel;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace ChaserEmu.Http;

/// <summary>
/// Takes connections only while there are files for them. Kestrel by itself takes them until there are none, then asks for more as fast as
/// it can, and the next thread that .NET wants ends the process.
/// </summary>
internal sealed class FileGuard(SocketTransportFactory sockets, ILogger<FileGuard> logger) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await sockets.BindAsync(endpoint, cancellationToken), logger);

    /// <summary>On one of the last connections there is only the one answer.</summary>
    public static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Features.Get<Scarcity>() is null)
        {
            await next(context);
            return;
        }

        context.Response.Headers.Connection = "close";
        await Envelope.AnswerAsync(context, ApiError.TooManyFiles);
    }

    /// <summary>Marks a connection that was taken when files were scarce.</summary>
    private sealed class Scarcity;

    private sealed class Listener(IConnectionListener inner, ILogger logger) : IConnectionListener
    {
        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await inner.AcceptAsync(cancellationToken) is { } connection)
            {
                if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket || !OpenFiles.AreScarce(socket, logger)) return connection;
                if (!OpenFiles.AreGone(socket))
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
    }
}
