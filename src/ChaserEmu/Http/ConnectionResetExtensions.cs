using ChaserEmu.Journal;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Http;

/// <summary>Ends client connections abruptly, for fault injection.</summary>
internal static class ConnectionResetExtensions
{
    /// <summary>Resets the TCP connection immediately. Aborts the request if it has no socket (in-memory test servers).</summary>
    public static void ResetConnection(this HttpContext context)
    {
        if (CallDetails.Of(context) is { } details) details.IsReset = true;
        context.Features.Get<IConnectionSocketFeature>()?.Socket.Close(0);
        context.Abort();
    }

    /// <summary>Sends all written bytes, then closes the connection.</summary>
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
