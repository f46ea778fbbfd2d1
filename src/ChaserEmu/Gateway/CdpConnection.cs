using System.Diagnostics.CodeAnalysis;
using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Metering;
using ChaserEmu.Sessions;

namespace ChaserEmu.Gateway;

/// <summary>
/// One client's connection, as its session sees it: something that can be told why it ends. Its request and its session may
/// both end it, at the same time; goodbye is said once, and while the request still stands.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no wait handle; disposing it would race with its own Cancel.")]
internal sealed class CdpConnection(TunnelUpgradeFeature upgrade, ConnectionByteCounter counter) : ISessionConnection, IFaultableConnection
{
    /// <summary>How long, in real time, a client may take nothing of what is on its way, or leave a close frame unanswered, before it is cut.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>How many patiences a client gets that takes what is on its way, but slowly.</summary>
    private const int MostPatiences = 10;

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource<EndedReason> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _goodbye;
    private bool _over;

    /// <summary>Cancelled when the forwarding must stop.</summary>
    public CancellationToken Aborted => _abort.Token;

    public async Task CloseAsync(EndedReason reason)
    {
        _ended.TrySetResult(reason);
        await SayGoodbyeOnceAsync(GetCloseCode(reason), reason.ToWire());
        await _abort.CancelAsync();
        await _finished.Task;
    }

    public async Task CloseAsync(ushort code, string reason)
    {
        await SayGoodbyeOnceAsync(code, reason);
        await _abort.CancelAsync();
    }

    public void Drop()
    {
        upgrade.Reset();
        _abort.Cancel();
    }

    /// <summary>
    /// The forwarding is over. When the browser crashed, its session is about to say so; when a client closed it, or
    /// the page that this connection is to, the connection ends normally.
    /// </summary>
    public async Task FinishAsync(Browser browser, string? target, CancellationToken clientGone)
    {
        if (upgrade.Stream is { HasSentClose: false, ClientClosed.IsCompleted: false } stream && !clientGone.IsCancellationRequested)
        {
            // Nobody else listens to the client any more, which may have something to answer.
            using var listening = CancellationTokenSource.CreateLinkedTokenSource(clientGone);
            var draining = stream.DrainAsync(listening.Token);
            var (code, reason) = await WhyAsync(browser, target, clientGone);
            await SayGoodbyeOnceAsync(code, reason);
            await listening.CancelAsync();
            await draining;
        }

        Task? goodbye;
        lock (_gate) (_over, goodbye) = (true, _goodbye);
        if (goodbye is not null) await goodbye;
    }

    public void MarkFinished() => _finished.TrySetResult();

    /// <summary>1000 is a normal end, 1001 going away, 1011 a failure on this side. The codes are our choice; the reason is the documented one.</summary>
    internal static ushort GetCloseCode(EndedReason reason) => reason switch
    {
        EndedReason.ClientDelete => 1000,
        EndedReason.SubstrateDown => 1011,
        _ => 1001,
    };

    /// <summary>A browser that has gone soon shows how it went, and its session what follows from it; one that is still there has only closed this connection.</summary>
    private async Task<(ushort Code, string Reason)> WhyAsync(Browser browser, string? target, CancellationToken clientGone)
    {
        var exited = browser.Exited;
        var isThere = browser.HasTargetAsync(target ?? "");
        await WithPatience(Task.WhenAny(_ended.Task, exited, isThere), clientGone);
        if (!_ended.Task.IsCompleted && isThere is { IsCompletedSuccessfully: true, Result: { } has })
            return target is null || has ? ((ushort)1011, "connection closed by the browser") : ((ushort)1000, "page closed");

        for (var waits = 0; waits < MostPatiences; waits++)
        {
            if (await WithPatience(Task.WhenAny(_ended.Task, exited), clientGone) || browser.ProcessId is not null) break;
        }

        if (exited is { IsCompletedSuccessfully: true, Result: not 0 }) await WithPatience(_ended.Task, clientGone);
        if (!_ended.Task.IsCompleted) return (1000, "browser closed");
        var reason = await _ended.Task;
        return (GetCloseCode(reason), reason.ToWire());
    }

    private Task SayGoodbyeOnceAsync(ushort code, string reason)
    {
        lock (_gate)
        {
            if (_over || upgrade.Stream is not { } stream) return Task.CompletedTask;
            return _goodbye ??= SayGoodbyeAsync(stream, CloseFrame.Create(code, reason));
        }
    }

    /// <summary>A client that takes no close frame gets none: its connection is cut.</summary>
    private async Task SayGoodbyeAsync(TunnelStream stream, byte[] closeFrame)
    {
        if (await IsTakenAsync(stream.CloseAsync(closeFrame)))
            await WithPatience(stream.ClientClosed, CancellationToken.None);
        else
            upgrade.Abort();
    }

    /// <summary>The close frame follows whatever message is on its way, which may be a large one.</summary>
    private async Task<bool> IsTakenAsync(Task closing)
    {
        var taken = -1L;
        for (var waits = 0; waits < MostPatiences && counter.Count.Down is var now && now != taken; waits++)
        {
            taken = now;
            if (await WithPatience(closing, CancellationToken.None)) return true;
            if (closing.IsCompleted) return false;
        }

        return false;
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
