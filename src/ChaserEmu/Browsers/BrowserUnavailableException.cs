namespace ChaserEmu.Browsers;

/// <summary>No browser could be had. The message says what was tried, why it failed and what to do, with the last words of the browser.</summary>
internal sealed class BrowserUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
