using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ChaserEmu.Tests;

/// <summary>Captures all log lines of an emulator, each with its exception, and the values of their fields and scopes.</summary>
internal sealed class CapturingLogger : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<string> _values = new();

    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>Gets the values that formatters for structured logs would write beside the lines.</summary>
    public IReadOnlyCollection<string> Values => _values;

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        _values.Enqueue(state.ToString()!);
        CaptureFields(state);
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _lines.Enqueue($"{formatter(state, exception)} {exception}");
        CaptureFields(state);
    }

    public void Dispose()
    {
    }

    private void CaptureFields(object? state)
    {
        foreach (var (name, value) in state as IEnumerable<KeyValuePair<string, object?>> ?? []) _values.Enqueue($"{name}={value}");
    }
}
