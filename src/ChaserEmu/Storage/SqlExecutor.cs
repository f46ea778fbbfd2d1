using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ChaserEmu.Storage;

/// <summary>
/// Executes SQL on one connection and prepares each statement once. All reads and writes of the emulator use it, except the migrations and the
/// export of the state, which use EF Core. Parameters are <c>?1</c>, <c>?2</c> and so on. Not thread-safe.
/// </summary>
/// <remarks>
/// Calls SQLite directly: an ADO.NET command allocates and looks up each parameter on each call. That was a third of the garbage of a session's
/// creation.
/// </remarks>
internal sealed partial class SqlExecutor(SqliteConnection connection) : IDisposable
{
    private const string MainDatabase = "main";

    /// <summary>See https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html. Not implemented on Windows, where an open file cannot be moved.</summary>
    private const int HasMovedControl = 20;

    private readonly Dictionary<string, sqlite3_stmt> _statements = [];

    public SqliteConnection Connection => connection;

    /// <summary>Gets whether the file was deleted, moved or replaced since the connection was opened.</summary>
    public bool HasFileMoved => GetFileControl(connection.Handle!.DangerousGetHandle(), MainDatabase, HasMovedControl, out var moved) == raw.SQLITE_OK && moved != 0;

    /// <summary>
    /// Runs work in a write transaction, which it commits at the end and rolls back after an exception. Waits up to
    /// <see cref="StorageConnectionFactory.BusyTimeout"/> for the database's write lock.
    /// </summary>
    public void RunInTransaction(Action work)
    {
        Execute("BEGIN IMMEDIATE");
        try
        {
            work();
            Execute("COMMIT");
        }
        finally
        {
            // After some errors, such as a full disk, SQLite has rolled back already.
            if (raw.sqlite3_get_autocommit(connection.Handle) == 0) Execute("ROLLBACK");
        }
    }

    /// <summary>Executes one statement, ignores its result rows, and returns the number of changed rows.</summary>
    /// <exception cref="SqliteException">SQLite returned an error.</exception>
    public int Execute(string sql, params ReadOnlySpan<object?> values)
    {
        var statement = Prepare(sql, values);
        return Run(statement);
    }

    /// <summary>Executes a statement with the values of a row. Returns the number of changed rows.</summary>
    /// <exception cref="SqliteException">SQLite returned an error.</exception>
    public int Execute<TRow>(RowStatement<TRow> sql, TRow row)
    {
        var statement = Prepare(sql.Sql);
        var index = 0;
        foreach (var column in sql.Parameters) column.Bind(new SqlParameter(statement, ++index), row);
        return Run(statement);
    }

    /// <summary>Returns the rows of a query.</summary>
    /// <exception cref="SqliteException">SQLite returned an error.</exception>
    public List<T> Query<T>(string sql, Func<SqlRow, T> read, params ReadOnlySpan<object?> values)
    {
        var statement = Prepare(sql, values);
        try
        {
            var results = new List<T>();
            while (Step(statement)) results.Add(read(new SqlRow(statement)));
            return results;
        }
        finally
        {
            Reset(statement);
        }
    }

    /// <summary>Executes a script of any number of statements, without preparing them for reuse.</summary>
    public void ExecuteScript(string script)
    {
        using var command = new SqliteCommand(script, connection);
        command.ExecuteNonQuery();
    }

    /// <summary>Runs a checkpoint: copies the write-ahead log into the database file. Returns whether it succeeded; it fails if the database is in use or the disk is full.</summary>
    public bool TryCheckpoint(int mode) => raw.sqlite3_wal_checkpoint_v2(connection.Handle, MainDatabase, mode, out _, out _) == raw.SQLITE_OK;

    /// <summary>Returns the number of pages that the connection has written since the last call.</summary>
    public int TakePagesWritten()
    {
        _ = raw.sqlite3_db_status(connection.Handle, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var pages, out _, 1);
        return pages;
    }

    /// <summary>Returns texts as a JSON array, for <c>IN (SELECT value FROM json_each(?1))</c>. The texts are ids, which need no escapes.</summary>
    public static string ToJson(IEnumerable<string> ids) => $"[{string.Join(',', ids.Select(id => $"\"{id}\""))}]";

    public void Dispose()
    {
        foreach (var statement in _statements.Values) statement.Dispose();
        connection.Dispose();
    }

    private sqlite3_stmt Prepare(string sql, params ReadOnlySpan<object?> values)
    {
        if (!_statements.TryGetValue(sql, out var statement))
        {
            Check(raw.sqlite3_prepare_v2(connection.Handle, sql, out statement));
            _statements.Add(sql, statement);
        }

        for (var i = 0; i < values.Length; i++) new SqlParameter(statement, i + 1).Set(values[i]);
        return statement;
    }

    private int Run(sqlite3_stmt statement)
    {
        try
        {
            Step(statement);
            return raw.sqlite3_changes(connection.Handle);
        }
        finally
        {
            Reset(statement);
        }
    }

    /// <summary>Returns whether there is a row.</summary>
    private bool Step(sqlite3_stmt statement)
    {
        var result = raw.sqlite3_step(statement);
        if (result is not (raw.SQLITE_DONE or raw.SQLITE_ROW)) Check(result);
        return result == raw.SQLITE_ROW;
    }

    /// <summary>Makes a statement ready for its next use. The result is the error of the last step, which was thrown already.</summary>
    private static void Reset(sqlite3_stmt statement) => _ = raw.sqlite3_reset(statement);

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, connection.Handle);

    [LibraryImport("e_sqlite3", EntryPoint = "sqlite3_file_control", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int GetFileControl(nint connection, string database, int operation, out int result);
}

/// <summary>A parameter of a statement.</summary>
internal readonly struct SqlParameter(sqlite3_stmt statement, int index)
{
    public void SetNull() => Check(raw.sqlite3_bind_null(statement, index));

    public void Set(long value) => Check(raw.sqlite3_bind_int64(statement, index, value));

    public void Set(string? text)
    {
        if (text is null)
        {
            SetNull();
            return;
        }

        // An empty span has a null pointer, which SQLite binds as NULL.
        if (text.Length == 0)
        {
            Check(raw.sqlite3_bind_text(statement, index, text));
            return;
        }

        var maxBytes = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> bytes = maxBytes <= 512 ? stackalloc byte[maxBytes] : new byte[maxBytes];
        Check(raw.sqlite3_bind_text(statement, index, bytes[..Encoding.UTF8.GetBytes(text, bytes)]));
    }

    public void Set(object? value)
    {
        switch (value)
        {
            case null:
                SetNull();
                break;
            case string text:
                Set(text);
                break;
            case long number:
                Set(number);
                break;
            case int number:
                Set((long)number);
                break;
            case bool flag:
                Set(flag ? 1L : 0L);
                break;
            default:
                throw new NotSupportedException($"Values of type {value.GetType()} are not supported.");
        }
    }

    private static void Check(int result) => SqliteException.ThrowExceptionForRC(result, null);
}

/// <summary>The current row of a query. Columns are numbered from 0.</summary>
internal readonly struct SqlRow(sqlite3_stmt statement)
{
    public bool IsNull(int column) => raw.sqlite3_column_type(statement, column) == raw.SQLITE_NULL;

    public long GetInt64(int column) => raw.sqlite3_column_int64(statement, column);

    /// <summary>Returns a text. Reads it as a blob, because a text can contain a zero character.</summary>
    public string GetString(int column) => Encoding.UTF8.GetString(raw.sqlite3_column_blob(statement, column));

    public string? GetNullableString(int column) => IsNull(column) ? null : GetString(column);
}
