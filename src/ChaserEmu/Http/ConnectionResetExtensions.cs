using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Http;

/// <summary>Marks a request whose connection was reset on purpose before there was an answer.</summary>
internal sealed class ConnectionResetFeature;

/// <summary>Ends a client's connection as a broken network does.</summary>
internal static class ConnectionResetExtensions
{
    /// <summary>Resets the TCP connection at once. A request that does not come over a socket of ours is cut.</summary>
    public static void ResetConnection(this HttpContext context)
    {
        context.Features.Set(new ConnectionResetFeature());
        context.Features.Get<IConnectionSocketFeature>()?.Socket.Close(0);
        context.Abort();
    }

    /// <summary>Ends the connection once all that was written has gone out.</summary>
    public static async Task CloseConnectionAfterFlushAsync(this HttpContext context)
    {
        await context.Response.Body.FlushAsync(context.RequestAborted);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = context.RequestAborted.Register(closed.SetResult);
        await context.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport.Output.CompleteAsync();
        await closed.Task;
        context.Abort();
    }
}
