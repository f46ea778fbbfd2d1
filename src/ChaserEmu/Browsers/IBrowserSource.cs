namespace ChaserEmu.Browsers;

/// <summary>Provides browsers to sessions, and reports on them to health checks and metrics.</summary>
internal interface IBrowserSource
{
    /// <summary>Gets a task that completes after the first browser start; already completed if browsers are disabled.</summary>
    Task FirstBrowserReady { get; }

    /// <summary>Gets the message of the last failed start; null after a successful one.</summary>
    string? LastFailure { get; }

    /// <summary>Gets the number of browsers by state, and of sessions that wait for one.</summary>
    BrowserCounts Counts { get; }

    /// <summary>Gets the address that sessions report as <c>proxy_ip</c>.</summary>
    string ProxyIp { get; }

    /// <summary>
    /// Returns an unused browser with its network traffic allowed. While <c>Browsers:Max</c> browsers are in use, callers wait in
    /// order of arrival. The caller must dispose the browser, which frees its slot.
    /// </summary>
    /// <param name="onQueued">
    /// Called with <c>true</c> when the caller has to wait for a slot, and with <c>false</c> when the wait ends, before the code that freed the slot
    /// continues. It runs under the lock of the source: it must be fast and must not call the source.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for a browser.</param>
    /// <exception cref="BrowserUnavailableException">No browser could be started.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled; no slot is occupied.</exception>
    Task<IBrowser> AcquireAsync(Action<bool>? onQueued, CancellationToken cancellationToken);
}

/// <summary>The number of browsers by state.</summary>
/// <param name="Warm">Started browsers in the warm pool.</param>
/// <param name="Starting">Browsers that are starting, for a session or the warm pool.</param>
/// <param name="InUse">Browsers of sessions, including browsers that are ending.</param>
/// <param name="Waiting">Sessions in the queue.</param>
/// <param name="Capacity">Slots (<c>Browsers:Max</c>).</param>
internal readonly record struct BrowserCounts(int Warm, int Starting, int InUse, int Waiting, int Capacity);
