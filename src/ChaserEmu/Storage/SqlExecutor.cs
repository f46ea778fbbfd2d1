using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ChaserEmu.Storage;

/// <summary>
/// Plain SQL on one connection, for what happens at every call and at every start: each statement is prepared once, and EF Core, which
/// owns the schema, need not even be loaded. Parameters are <c>?1</c>, <c>?2</c> and so on. For one user at a time.
/// </summary>
internal sealed class SqlExecutor(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _queries = [];
    private readonly Dictionary<string, sqlite3_stmt> _changes = [];

    public SqliteConnection Connection => connection;

    /// <summary>The one under way, which all statements are part of.</summary>
    public SqliteTransaction? Transaction { get; private set; }

    /// <summary>Begins to write, as the only one.</summary>
    public SqliteTransaction BeginTransaction() => Transaction = connection.BeginTransaction();

    /// <summary>Forgets the transaction, which was committed or is rolled back.</summary>
    public void EndTransaction()
    {
        Transaction?.Dispose();
        Transaction = null;
    }

    /// <summary>
    /// One statement that brings no rows; says how many it changed. It is given to SQLite as it is: a command of ADO.NET makes an object and
    /// looks for a name for each parameter each time, which was a third of what a session's creation left to the collector of garbage.
    /// It waits for no other connection, as <see cref="BeginTransaction"/> does: what writes does so after that, as the only one.
    /// </summary>
    /// <exception cref="SqliteException">SQLite refuses it.</exception>
    public int Execute(string sql, params ReadOnlySpan<object?> values)
    {
        if (!_changes.TryGetValue(sql, out var statement))
        {
            Check(raw.sqlite3_prepare_v2(connection.Handle, sql, out statement));
            _changes.Add(sql, statement);
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
            // What was wrong has been said by the step.
            _ = raw.sqlite3_reset(statement);
        }
    }

    /// <summary>Any number of statements, once.</summary>
    public void ExecuteScript(string script)
    {
        using var command = new SqliteCommand(script, connection, Transaction);
        command.ExecuteNonQuery();
    }

    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var rows = Prepare(sql, values).ExecuteReader();
        var found = new List<T>();
        while (rows.Read()) found.Add(read(rows));
        return found;
    }

    public void Dispose()
    {
        foreach (var query in _queries.Values) query.Dispose();
        foreach (var change in _changes.Values) change.Dispose();
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
        _ => throw new NotSupportedException($"A {value.GetType()} in a statement."),
    };

    private static int BindText(sqlite3_stmt statement, int index, string text)
    {
        // An empty span has no address, which is NULL to SQLite.
        if (text.Length == 0) return raw.sqlite3_bind_text(statement, index, text);
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> bytes = most <= 512 ? stackalloc byte[most] : new byte[most];
        return raw.sqlite3_bind_text(statement, index, bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, connection.Handle);
}
