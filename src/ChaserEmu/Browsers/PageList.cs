namespace ChaserEmu.Browsers;

/// <summary>A page of the default context.</summary>
/// <param name="TargetId">The target id, the same for all DevTools clients.</param>
/// <param name="DeviceSession">The session of <see cref="DeviceEmulation"/> on the page. It holds the device.</param>
internal sealed record Page(string TargetId, CdpSession DeviceSession);

/// <summary>The open pages of a browser's default context.</summary>
internal sealed class PageList
{
    private readonly Lock _lock = new();
    private readonly List<Page> _pages = [];

    /// <summary>Gets the oldest page; null if clients closed all pages. Chrome's own lists have no reliable order.</summary>
    public Page? First
    {
        get { lock (_lock) return _pages is [var first, ..] ? first : null; }
    }

    public bool Contains(string targetId)
    {
        lock (_lock) return _pages.Exists(page => page.TargetId == targetId);
    }

    public void Add(Page page)
    {
        lock (_lock) _pages.Add(page);
    }

    public void Remove(string session)
    {
        lock (_lock) _pages.RemoveAll(page => page.DeviceSession.Id == session);
    }
}
