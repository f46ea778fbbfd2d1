namespace ChaserEmu.Browsers;

/// <summary>Thrown when a browser cannot be started or reached. The message says what failed, why and what to do, with the last error output of the browser.</summary>
internal sealed class BrowserUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
