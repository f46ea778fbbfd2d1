using Microsoft.Extensions.Logging;

namespace ChaserEmu.Testing;

public sealed partial class ChaserEmulatorOptions
{
    /// <summary>
    /// Gets or sets the configuration of the log output, such as <c>logging => logging.AddProvider(…)</c>. Null (default) logs nothing.
    /// </summary>
    /// <remarks>
    /// The emulator logs at level <c>Information</c>. Change levels with the settings <c>Logging:LogLevel:…</c>. On .NET 8 and 9, where the
    /// emulator is a process, <c>Log</c> takes its output.
    /// </remarks>
    public Action<ILoggingBuilder>? Logging { get; set; }
}
