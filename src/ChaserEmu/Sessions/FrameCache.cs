using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Time;

namespace ChaserEmu.Sessions;

/// <summary>
/// Takes pictures of sessions on request, and keeps the last one of each, also after the session has ended. Callers at the same time share one
/// picture, so ten open pages cost as much as one.
/// </summary>
internal sealed class FrameCache(SessionRegistry sessions) : IResettable
{
    private const long MaxBytes = 16_000_000;

    /// <summary>The real time for which a picture is returned again.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    /// <summary>The real time that a page has to draw a picture.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly OrderedDictionary<SessionId, Frame> _frames = [];
    private readonly Dictionary<(SessionId Session, int Width), Task<byte[]?>> _pending = [];
    private long _bytes;

    /// <summary>Returns a JPEG of the session's page now, else the last one that was taken; null if there is none.</summary>
    /// <param name="id">The id of the session.</param>
    /// <param name="width">The maximum width in pixels.</param>
    public async Task<byte[]?> GetAsync(SessionId id, int width)
    {
        var live = sessions.FindLive(id);
        Task<byte[]?> pending;
        lock (_lock)
        {
            var last = _frames.GetValueOrDefault(id);
            if (live is not { Status: SessionStatus.Ready, Browser: { } browser, EndRequested.IsCompleted: false }) return last?.Jpeg;
            if (last is not null && last.Width == width && TimeProvider.System.GetElapsedTime(last.TakenAt) < MaxAge) return last.Jpeg;
            if (!_pending.TryGetValue((id, width), out pending!)) _pending.Add((id, width), pending = TakeAsync(live, browser, width));
        }

        return await pending;
    }

    public void Reset(WorkspaceId? workspace)
    {
        lock (_lock)
        {
            foreach (var id in _frames.Where(entry => workspace is null || entry.Value.Workspace == workspace).Select(entry => entry.Key).ToList()) Remove(id);
        }
    }

    private async Task<byte[]?> TakeAsync(LiveSession session, IBrowser browser, int width)
    {
        // The caller holds the lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        byte[]? jpeg = null;
        using var timeout = new CancellationTokenSource(Timeout, TimeProvider.System);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, session.EndingToken);
        try
        {
            jpeg = await Thumbnail.TakeAsync(browser, width, stopping.Token);
        }
        catch (Exception exception) when (exception is BrowserUnavailableException or OperationCanceledException)
        {
            // The page is frozen or gone: its last picture is returned.
        }

        lock (_lock)
        {
            _pending.Remove((session.Id, width));
            if (jpeg is null) return _frames.GetValueOrDefault(session.Id)?.Jpeg;
            Remove(session.Id);
            _frames.Add(session.Id, new Frame(session.Workspace, jpeg, width, TimeProvider.System.GetTimestamp()));
            _bytes += jpeg.Length;
            while (_bytes > MaxBytes) Remove(_frames.GetAt(0).Key);
            return jpeg;
        }
    }

    private void Remove(SessionId id)
    {
        if (_frames.Remove(id, out var removed)) _bytes -= removed.Jpeg.Length;
    }

    private sealed record Frame(WorkspaceId Workspace, byte[] Jpeg, int Width, long TakenAt);
}
