namespace ChaserEmu.Browsers;

/// <summary>Where sessions get their browsers from.</summary>
internal interface IBrowserSource
{
    /// <summary>
    /// Hands out a browser that nobody used before, its egress open; first come, first served while <c>Browsers:Max</c> are in use.
    /// The taker disposes it, which frees its place.
    /// </summary>
    /// <param name="inLine">
    /// Told <c>true</c> when the taker has to wait for a place, and <c>false</c> when it has one, before whoever freed that place goes on.
    /// Must be quick and must not come back here.
    /// </param>
    /// <param name="cancellationToken">Cancelled when the taker gives up.</param>
    /// <exception cref="BrowserUnavailableException">None could be started.</exception>
    /// <exception cref="OperationCanceledException">The taker gave up; nothing is left behind.</exception>
    Task<Browser> AcquireAsync(Action<bool>? inLine, CancellationToken cancellationToken);
}
