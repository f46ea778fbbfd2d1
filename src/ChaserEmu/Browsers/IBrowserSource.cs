namespace ChaserEmu.Browsers;

/// <summary>Where sessions get their browsers from.</summary>
internal interface IBrowserSource
{
    /// <summary>
    /// Hands out a browser that nobody used before, its egress open; first come, first served while <c>Browsers:Max</c> are in use.
    /// The taker disposes it, which frees its place.
    /// </summary>
    /// <exception cref="BrowserUnavailableException">None could be started.</exception>
    /// <exception cref="OperationCanceledException">The taker gave up; nothing is left behind.</exception>
    Task<Browser> TakeAsync(CancellationToken cancellationToken);
}
