namespace ChaserEmu.Browsers;

/// <summary>A page of the default context.</summary>
/// <param name="TargetId">The target id, the same for all DevTools clients.</param>
/// <param name="CdpSessionId">The id of the emulator's own DevTools session on the page, over the pipe. It holds the device.</param>
internal sealed record Page(string TargetId, string CdpSessionId);

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

    public void Add(Page page)
    {
        lock (_lock) _pages.Add(page);
    }

    public void Remove(string session)
    {
        lock (_lock) _pages.RemoveAll(page => page.CdpSessionId == session);
    }
}
