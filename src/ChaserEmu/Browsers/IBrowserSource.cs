namespace ChaserEmu.Browsers;

/// <summary>Provides browsers to sessions.</summary>
internal interface IBrowserSource
{
    /// <summary>
    /// Returns an unused browser with its network traffic allowed. While <c>Browsers:Max</c> browsers are in use, callers wait in
    /// order of arrival. The caller must dispose the browser, which frees its slot.
    /// </summary>
    /// <param name="onQueued">
    /// Called with <c>true</c> when the caller has to wait for a slot, and with <c>false</c> when the wait ends, before the code that freed the slot
    /// continues. It runs under the lock of the pool: it must be fast and must not call the pool.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for a browser.</param>
    /// <exception cref="BrowserUnavailableException">No browser could be started.</exception>
    /// <exception cref="OperationCanceledException">The wait was canceled; no slot is occupied.</exception>
    Task<Browser> AcquireAsync(Action<bool>? onQueued, CancellationToken cancellationToken);
}
