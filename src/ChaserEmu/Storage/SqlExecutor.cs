using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ChaserEmu.Storage;

/// <summary>
/// Executes SQL on one connection and prepares each statement once. Used on every request and at every start, so that EF Core need
/// not be loaded. Parameters are <c>?1</c>, <c>?2</c> and so on. Not thread-safe.
/// </summary>
internal sealed class SqlExecutor(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _queries = [];
    private readonly Dictionary<string, sqlite3_stmt> _statements = [];

    public SqliteConnection Connection => connection;

    /// <summary>Gets the current transaction, if any. All statements are part of it.</summary>
    public SqliteTransaction? Transaction { get; private set; }

    /// <summary>Begins a write transaction. Waits for the database's write lock.</summary>
    public SqliteTransaction BeginTransaction() => Transaction = connection.BeginTransaction();

    /// <summary>Disposes the transaction, which rolls it back unless it was committed.</summary>
    public void EndTransaction()
    {
        Transaction?.Dispose();
        Transaction = null;
    }

    /// <summary>
    /// Executes one statement, ignores its result rows, and returns the number of changed rows. It does not wait for locks; writes must run after
    /// <see cref="BeginTransaction"/>, which does.
    /// </summary>
    /// <remarks>
    /// Calls SQLite directly: an ADO.NET command allocates and looks up each parameter on each call. That was a third of the garbage
    /// of a session's creation.
    /// </remarks>
    /// <exception cref="SqliteException">SQLite returned an error.</exception>
    public int Execute(string sql, params ReadOnlySpan<object?> values)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            Check(raw.sqlite3_prepare_v2(connection.Handle, sql, out statement));
            _statements.Add(sql, statement);
        }

        for (var i = 0; i < values.Length; i++) Check(Bind(statement, i + 1, values[i]));
        try
        {
            var result = raw.sqlite3_step(statement);
            if (result is not (raw.SQLITE_DONE or raw.SQLITE_ROW)) Check(result);
            return raw.sqlite3_changes(connection.Handle);
        }
        finally
        {
            // Reset returns the error of the step again.
            _ = raw.sqlite3_reset(statement);
        }
    }

    /// <summary>Executes a script of any number of statements, without preparing them for reuse.</summary>
    public void ExecuteScript(string script)
    {
        using var command = new SqliteCommand(script, connection, Transaction);
        command.ExecuteNonQuery();
    }

    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var rows = Prepare(sql, values).ExecuteReader();
        var results = new List<T>();
        while (rows.Read()) results.Add(read(rows));
        return results;
    }

    public void Dispose()
    {
        foreach (var query in _queries.Values) query.Dispose();
        foreach (var statement in _statements.Values) statement.Dispose();
        connection.Dispose();
    }

    private SqliteCommand Prepare(string sql, ReadOnlySpan<object?> values)
    {
        if (!_queries.TryGetValue(sql, out var query))
        {
            query = new SqliteCommand(sql, connection);
            for (var i = 1; i <= values.Length; i++) query.Parameters.Add(new SqliteParameter { ParameterName = $"?{i}" });
            _queries.Add(sql, query);
        }

        query.Transaction = Transaction;
        for (var i = 0; i < values.Length; i++) query.Parameters[i].Value = values[i] ?? DBNull.Value;
        return query;
    }

    private static int Bind(sqlite3_stmt statement, int index, object? value) => value switch
    {
        null => raw.sqlite3_bind_null(statement, index),
        string text => BindText(statement, index, text),
        long number => raw.sqlite3_bind_int64(statement, index, number),
        int number => raw.sqlite3_bind_int(statement, index, number),
        bool flag => raw.sqlite3_bind_int(statement, index, flag ? 1 : 0),
        _ => throw new NotSupportedException($"Values of type {value.GetType()} are not supported."),
    };

    private static int BindText(sqlite3_stmt statement, int index, string text)
    {
        // An empty span has a null pointer, which SQLite binds as NULL.
        if (text.Length == 0) return raw.sqlite3_bind_text(statement, index, text);
        var maxBytes = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> bytes = maxBytes <= 512 ? stackalloc byte[maxBytes] : new byte[maxBytes];
        return raw.sqlite3_bind_text(statement, index, bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, connection.Handle);
}
