using ChaserEmu.Domain;

namespace ChaserEmu.Browsers;

/// <summary>Starts browsers of one kind for the <see cref="BrowserPool"/>, which disposes it after the last browser has ended.</summary>
internal interface IBrowserLauncher : IDisposable
{
    /// <summary>Gets the address that sessions report as <c>proxy_ip</c>.</summary>
    string ProxyIp { get; }

    /// <summary>Starts a browser whose network traffic is not yet allowed, and returns it when its first page has the device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="onEnded">Is called once, after the browser was disposed.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="BrowserUnavailableException">The browser did not start, and nothing of it is left. The message says why and what to do.</exception>
    Task<IBrowser> StartAsync(Device device, Action onEnded, CancellationToken cancellationToken);
}

/// <summary>Checks for <c>chaseremu doctor</c> whether browsers of one kind work with the current settings.</summary>
internal interface IBrowserCheck
{
    IAsyncEnumerable<Finding> RunAsync(CancellationToken cancellationToken);
}
