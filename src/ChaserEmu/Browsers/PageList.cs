namespace ChaserEmu.Browsers;

/// <summary>Why a page does not respond to calls.</summary>
internal enum PageBlock
{
    /// <summary>Its process has crashed. It responds again after the next navigation.</summary>
    Crash,

    /// <summary>It shows a dialog of JavaScript.</summary>
    Dialog,
}

/// <summary>Thrown when an operation needs a page that is blocked.</summary>
internal sealed class PageBlockedException(PageBlock block) : Exception(GetMessage(block))
{
    public static string GetMessage(PageBlock block) => block switch
    {
        PageBlock.Crash => "The page has crashed. Navigate it, then try again.",
        PageBlock.Dialog => "The page is blocked by a dialog (alert, confirm, prompt or beforeunload). Answer it with Page.handleJavaScriptDialog, then try again.",
        _ => throw new ArgumentOutOfRangeException(nameof(block)),
    };
}

/// <summary>A page of the default context.</summary>
/// <param name="TargetId">The target id, the same for all DevTools clients.</param>
/// <param name="DeviceSession">The session of <see cref="DeviceEmulation"/> on the page. It holds the device.</param>
internal sealed record Page(string TargetId, CdpSession DeviceSession)
{
    private readonly Lock _lock = new();
    private TaskCompletionSource<PageBlock> _blocked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets a task that completes when the page is blocked. When the page responds again, there is a new task.</summary>
    public Task<PageBlock> Blocked
    {
        get { lock (_lock) return _blocked.Task; }
    }

    public void Block(PageBlock block)
    {
        lock (_lock)
        {
            // A page that crashes during a dialog has crashed.
            if (_blocked.Task.IsCompleted && block is PageBlock.Crash) Renew();
            _blocked.TrySetResult(block);
        }
    }

    /// <summary>Ends a block, unless the page is blocked by something else.</summary>
    public void Unblock(PageBlock block)
    {
        lock (_lock)
        {
            if (_blocked.Task is { IsCompletedSuccessfully: true, Result: var current } && current == block) Renew();
        }
    }

    private void Renew() => _blocked = new TaskCompletionSource<PageBlock>(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>The open pages of a browser's default context.</summary>
internal sealed class PageList
{
    private readonly Lock _lock = new();
    private readonly List<Page> _pages = [];

    /// <summary>The same pages in the order in which they came to the front. The last one is in front.</summary>
    private readonly List<Page> _activated = [];

    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Gets the oldest page; null if clients closed all pages. Chrome's own lists have no reliable order.</summary>
    public Page? First
    {
        get { lock (_lock) return _pages is [var first, ..] ? first : null; }
    }

    /// <summary>Gets the page in front; null if clients closed all pages. A new page comes to the front.</summary>
    public Page? Front
    {
        get { lock (_lock) return _activated is [.., var front] ? front : null; }
    }

    /// <summary>Gets the pages, the oldest first.</summary>
    public IReadOnlyList<Page> All
    {
        get { lock (_lock) return [.. _pages]; }
    }

    /// <summary>Gets a task that completes when a page opens, closes or comes to the front. After that there is a new task.</summary>
    public Task Changed
    {
        get { lock (_lock) return _changed.Task; }
    }

    /// <summary>Returns the page of a frame; null if it is not known. Only main frames are known, unless there is only one page.</summary>
    public Page? FindByFrame(string frameId)
    {
        lock (_lock) return _pages.Find(page => page.TargetId == frameId) ?? (_pages is [var only] ? only : null);
    }

    public bool Contains(string targetId)
    {
        lock (_lock) return _pages.Exists(page => page.TargetId == targetId);
    }

    public void Add(Page page)
    {
        lock (_lock)
        {
            _pages.Add(page);
            _activated.Add(page);
            ReportChange();
        }
    }

    public void Remove(string session)
    {
        lock (_lock)
        {
            if (_pages.Find(page => page.DeviceSession.Id == session) is not { } page) return;
            _pages.Remove(page);
            _activated.Remove(page);
            ReportChange();
        }
    }

    /// <summary>Records that a page comes to the front. Other targets are ignored.</summary>
    public void Activate(string targetId)
    {
        lock (_lock)
        {
            if (_pages.Find(page => page.TargetId == targetId) is not { } page || _activated[^1] == page) return;
            _activated.Remove(page);
            _activated.Add(page);
            ReportChange();
        }
    }

    private void ReportChange()
    {
        _changed.TrySetResult();
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
