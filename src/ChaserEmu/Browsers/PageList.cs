namespace ChaserEmu.Browsers;

/// <summary>A page of the default context.</summary>
/// <param name="TargetId">Names it to every DevTools client.</param>
/// <param name="CdpSessionId">Our own session on it, over the pipe, which holds its device.</param>
internal sealed record Page(string TargetId, string CdpSessionId);

/// <summary>The pages of a browser's default context, as they come and go.</summary>
internal sealed class PageList
{
    private readonly Lock _gate = new();
    private readonly List<Page> _pages = [];

    /// <summary>The oldest; null when a client has closed them all. Chrome's own lists are in no order that one could rely on.</summary>
    public Page? First
    {
        get { lock (_gate) return _pages is [var first, ..] ? first : null; }
    }

    public void Add(Page page)
    {
        lock (_gate) _pages.Add(page);
    }

    public void Remove(string session)
    {
        lock (_gate) _pages.RemoveAll(page => page.CdpSessionId == session);
    }
}
