using System.Diagnostics.CodeAnalysis;
using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Metering;
using ChaserEmu.Sessions;

namespace ChaserEmu.Gateway;

/// <summary>
/// A client's CDP connection, as its session sees it. The request and the session can both end it, also at the same time. The close
/// frame is sent once, and only while the request is still active.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The token source has no timer and no wait handle; disposing it would race with its own Cancel.")]
internal sealed class CdpConnection(TunnelUpgradeFeature upgrade, ConnectionByteCounter counter) : ISessionConnection, IFaultableConnection
{
    /// <summary>The real time in which a client must read some pending data, or answer a close frame, before its connection is aborted.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    /// <summary>How often the timeout is granted again to a client that reads pending data slowly.</summary>
    private const int MaxWaits = 10;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource<EndedReason> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _closing;
    private bool _isFinished;

    /// <summary>Gets the token that is cancelled when forwarding must stop.</summary>
    public CancellationToken Aborted => _abort.Token;

    public async Task CloseAsync(EndedReason reason)
    {
        _ended.TrySetResult(reason);
        await SendCloseOnceAsync(GetCloseCode(reason), reason.ToWire());
        await _abort.CancelAsync();
        await _finished.Task;
    }

    public async Task CloseAsync(ushort code, string reason)
    {
        await SendCloseOnceAsync(code, reason);
        await _abort.CancelAsync();
    }

    public void Drop()
    {
        // FinishAsync waits for the lock, so that the request is not over before its connection is reset.
        lock (_lock)
        {
            if (!_isFinished) upgrade.Reset();
        }

        _abort.Cancel();
    }

    /// <summary>
    /// Sends the close frame after forwarding has ended, unless one was sent. If the browser crashed, the reason is the session's
    /// <c>ended_reason</c>. If a client closed the browser, or the page of this connection, the close is a normal one.
    /// </summary>
    public async Task FinishAsync(IBrowser browser, string? target, CancellationToken clientGone)
    {
        if (upgrade.Stream is { HasSentClose: false, ClientClosed.IsCompleted: false } stream && !clientGone.IsCancellationRequested)
        {
            // Forwarding no longer reads from the client, but its close frame must be read.
            using var stopDraining = CancellationTokenSource.CreateLinkedTokenSource(clientGone);
            var draining = stream.DrainAsync(stopDraining.Token);
            var (code, reason) = await GetCloseReasonAsync(browser, target, clientGone);
            await SendCloseOnceAsync(code, reason);
            await stopDraining.CancelAsync();
            await draining;
        }

        Task? closing;
        lock (_lock) (_isFinished, closing) = (true, _closing);
        if (closing is not null) await closing;
    }

    public void MarkFinished() => _finished.TrySetResult();

    /// <summary>
    /// Returns the WebSocket close code: 1000 normal, 1001 going away, 1011 server error. Assumed; the documentation gives no
    /// codes. The reason text is the documented <c>ended_reason</c>.
    /// </summary>
    internal static ushort GetCloseCode(EndedReason reason) => reason switch
    {
        EndedReason.ClientDelete => 1000,
        EndedReason.SubstrateDown => 1011,
        _ => 1001,
    };

    /// <summary>
    /// Returns why forwarding ended. If the browser still answers, it closed only this connection. Otherwise waits for its exit
    /// code and, after a crash, for the end of the session.
    /// </summary>
    private async Task<(ushort Code, string Reason)> GetCloseReasonAsync(IBrowser browser, string? target, CancellationToken clientGone)
    {
        var exited = browser.Exited;
        var hasTarget = browser.HasTargetAsync(target ?? "");
        await CompletesInTimeAsync(Task.WhenAny(_ended.Task, exited, hasTarget), clientGone);
        if (!_ended.Task.IsCompleted && hasTarget is { IsCompletedSuccessfully: true, Result: { } exists })
            return target is null || exists ? ((ushort)1011, "connection closed by the browser") : ((ushort)1000, "page closed");

        for (var attempt = 0; attempt < MaxWaits; attempt++)
        {
            if (await CompletesInTimeAsync(Task.WhenAny(_ended.Task, exited), clientGone) || browser.IsRunning) break;
        }

        if (exited is { IsCompletedSuccessfully: true, Result: BrowserExit.Crashed }) await CompletesInTimeAsync(_ended.Task, clientGone);
        if (!_ended.Task.IsCompleted) return (1000, "browser closed");
        var reason = await _ended.Task;
        return (GetCloseCode(reason), reason.ToWire());
    }

    private Task SendCloseOnceAsync(ushort code, string reason)
    {
        lock (_lock)
        {
            if (_isFinished || upgrade.Stream is not { } stream) return Task.CompletedTask;
            return _closing ??= SendCloseAsync(stream, CloseFrame.Create(code, reason));
        }
    }

    /// <summary>Sends the close frame and waits for the client's answer. Aborts the connection if the client does not read.</summary>
    private async Task SendCloseAsync(TunnelStream stream, byte[] closeFrame)
    {
        if (await IsCloseSentAsync(stream.CloseAsync(closeFrame)))
            await CompletesInTimeAsync(stream.ClientClosed, CancellationToken.None);
        else
            upgrade.Abort();
    }

    /// <summary>Waits until the close frame is sent. A large message can be in transit before it, so the wait goes on while the client reads.</summary>
    private async Task<bool> IsCloseSentAsync(Task closing)
    {
        var lastCount = -1L;
        for (var attempt = 0; attempt < MaxWaits && counter.Count.Down is var count && count != lastCount; attempt++)
        {
            lastCount = count;
            if (await CompletesInTimeAsync(closing, CancellationToken.None)) return true;
            if (closing.IsCompleted) return false;
        }

        return false;
    }

    private static async Task<bool> CompletesInTimeAsync(Task task, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(Timeout, TimeProvider.System, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException or IOException)
        {
            return false;
        }
    }
}
