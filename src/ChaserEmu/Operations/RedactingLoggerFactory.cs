using System.Collections;
using ChaserEmu.Domain;

namespace ChaserEmu.Operations;

/// <summary>
/// Redacts secrets in log lines, in their fields, scopes and exceptions. At low log levels ASP.NET Core logs the URLs of all requests, and they
/// can contain keys and the tokens of live views and checkouts.
/// </summary>
/// <param name="inner">Creates the loggers that write.</param>
/// <param name="unredacted">The names of events that show a key on purpose.</param>
internal sealed class RedactingLoggerFactory(ILoggerFactory inner, params string[] unredacted) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new RedactingLogger(inner.CreateLogger(categoryName), unredacted);

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();

    private static object? Redact(object? value)
    {
        if (value is null or bool or int or long or double) return value;
        var text = value.ToString() ?? "";
        var redacted = SecretRedactor.Redact(text);
        return redacted == text ? value : redacted;
    }

    private sealed class RedactingLogger(ILogger inner, string[] unredacted) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => inner.BeginScope(new RedactedState(state as IEnumerable<KeyValuePair<string, object?>>, state.ToString() ?? ""));

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!inner.IsEnabled(logLevel)) return;
            if (unredacted.Contains(eventId.Name)) inner.Log(logLevel, eventId, state, exception, formatter);
            else inner.Log(logLevel, eventId, new RedactedState(state as IEnumerable<KeyValuePair<string, object?>>, formatter(state, exception)), Redact(exception), static (redacted, _) => redacted.ToString());
        }

        private static Exception? Redact(Exception? exception) =>
            exception?.ToString() is { } text && SecretRedactor.Redact(text) is var redacted && redacted != text ? new RedactedException(exception.Message, redacted) : exception;
    }

    /// <summary>The message or scope with its fields, as formatters expect them.</summary>
    private sealed class RedactedState(IEnumerable<KeyValuePair<string, object?>>? fields, string text) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        private readonly KeyValuePair<string, object?>[] _fields = [.. (fields ?? []).Select(field => KeyValuePair.Create(field.Key, Redact(field.Value)))];
        private readonly string _text = SecretRedactor.Redact(text);

        public int Count => _fields.Length;

        public KeyValuePair<string, object?> this[int index] => _fields[index];

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, object?>>)_fields).GetEnumerator();

        public override string ToString() => _text;

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    /// <summary>Stands for an exception whose text has a secret.</summary>
    private sealed class RedactedException(string message, string text) : Exception(SecretRedactor.Redact(message))
    {
        public override string ToString() => text;
    }
}
