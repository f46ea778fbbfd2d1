using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace ChaserEmu.Operations;

/// <summary>
/// Writes log lines for people: time and message, the level unless it is Information, and the category of other programs' parts. Further lines of a
/// message are kept as they are. For machines there is the formatter <c>json</c>.
/// </summary>
internal sealed class TerminalFormatter() : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "terminal";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(TimeProvider.System.GetLocalNow().ToString("HH:mm:ss ", System.Globalization.CultureInfo.InvariantCulture));
        if (logEntry.LogLevel is not LogLevel.Information) textWriter.Write($"{GetName(logEntry.LogLevel)}: ");
        if (!logEntry.Category.StartsWith(nameof(ChaserEmu), StringComparison.Ordinal)) textWriter.Write($"{logEntry.Category}: ");
        textWriter.WriteLine(logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.Exception is { } exception) textWriter.WriteLine(exception);
    }

    private static string GetName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };
}
