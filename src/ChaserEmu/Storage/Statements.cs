using Microsoft.Data.Sqlite;

namespace ChaserEmu.Storage;

/// <summary>
/// Plain SQL on one connection, for what happens at every call and at every start: each statement is prepared once, and EF Core, which
/// owns the schema, need not even be loaded. Parameters are <c>?1</c>, <c>?2</c> and so on. For one user at a time.
/// </summary>
internal sealed class Statements(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _prepared = [];

    public SqliteConnection Connection => connection;

    /// <summary>The one under way, which all statements are part of.</summary>
    public SqliteTransaction? Transaction { get; private set; }

    /// <summary>Begins to write, as the only one.</summary>
    public SqliteTransaction Begin() => Transaction = connection.BeginTransaction();

    /// <summary>Forgets the transaction, which was committed or is rolled back.</summary>
    public void End()
    {
        Transaction?.Dispose();
        Transaction = null;
    }

    /// <summary>Says how many rows it changed.</summary>
    public int Execute(string sql, params ReadOnlySpan<object?> values) => Bind(sql, values).ExecuteNonQuery();

    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        using var rows = Bind(sql, values).ExecuteReader();
        var found = new List<T>();
        while (rows.Read()) found.Add(read(rows));
        return found;
    }

    public void Dispose()
    {
        foreach (var command in _prepared.Values) command.Dispose();
        connection.Dispose();
    }

    private SqliteCommand Bind(string sql, ReadOnlySpan<object?> values)
    {
        if (!_prepared.TryGetValue(sql, out var command))
        {
            command = new SqliteCommand(sql, connection);
            for (var i = 1; i <= values.Length; i++) command.Parameters.Add(new SqliteParameter { ParameterName = $"?{i}" });
            _prepared.Add(sql, command);
        }

        command.Transaction = Transaction;
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i] ?? DBNull.Value;
        return command;
    }
}
