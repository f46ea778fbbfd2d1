using System.Diagnostics.CodeAnalysis;
using ChaserEmu.Domain;
using ChaserEmu.Metering;
using ChaserEmu.Sessions;

namespace ChaserEmu.Gateway;

/// <summary>One client's connection, as its session sees it: something that can be told why it ends.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no wait handle; disposing it would race with its own Cancel.")]
internal sealed class CdpConnection(TunnelUpgrade upgrade) : ISessionConnection
{
    /// <summary>How long a client may take to answer a close frame, in real time, before its connection is cut.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource<EndedReason> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Cancelled when the forwarding must stop.</summary>
    public CancellationToken Aborted => _abort.Token;

    public async Task CloseAsync(EndedReason reason)
    {
        _ended.TrySetResult(reason);
        if (upgrade.Stream is { } stream) await SayGoodbyeAsync(stream, CodeOf(reason), reason.ToWire());
        await _abort.CancelAsync();
        await _finished.Task;
    }

    /// <summary>
    /// The forwarding is over. When the browser went away without a word, its session may be about to say why; otherwise
    /// a client closed the browser, and the connection ends normally.
    /// </summary>
    public async Task FinishAsync(TunnelStream stream, CancellationToken clientGone)
    {
        if (stream.HasSaidGoodbye || stream.ClientClosed.IsCompleted || clientGone.IsCancellationRequested) return;
        var (code, reason) = await WithPatience(_ended.Task, clientGone)
            ? (CodeOf(await _ended.Task), (await _ended.Task).ToWire())
            : ((ushort)1000, "browser closed");
        await SayGoodbyeAsync(stream, code, reason);
    }

    public void MarkFinished() => _finished.TrySetResult();

    /// <summary>1000 is a normal end, 1001 going away, 1011 a failure on this side. The codes are our choice; the reason is the documented one.</summary>
    internal static ushort CodeOf(EndedReason reason) => reason switch
    {
        EndedReason.ClientDelete => 1000,
        EndedReason.SubstrateDown => 1011,
        _ => 1001,
    };

    /// <summary>A client that takes no close frame gets none: its connection is cut.</summary>
    private async Task SayGoodbyeAsync(TunnelStream stream, ushort code, string reason)
    {
        if (await WithPatience(stream.CloseAsync(CloseFrame.Create(code, reason)), CancellationToken.None))
            await WithPatience(stream.ClientClosed, CancellationToken.None);
        else
            upgrade.Abort();
    }

    private static async Task<bool> WithPatience(Task task, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(Patience, TimeProvider.System, cancellationToken);
            return true;
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException or IOException)
        {
            return false;
        }
    }
}
