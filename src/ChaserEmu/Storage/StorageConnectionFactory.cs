using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Storage;

/// <summary>Opens connections to the database and applies the pragmas that every connection needs.</summary>
internal sealed class StorageConnectionFactory(IOptions<StorageOptions> options)
{
    public string ConnectionString { get; } = CreateConnectionString(options.Value);

    public bool IsInMemory => options.Value.IsInMemory;

    /// <summary>Opens a new connection. The caller disposes it.</summary>
    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(ConnectionString);
        try
        {
            connection.Open();
            ApplyPragmas(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Applies the pragmas. In WAL mode, <c>synchronous = NORMAL</c> loses no commit when the process is killed, only after a power failure.
    /// <c>read_uncommitted</c> affects the shared cache of <c>:memory:</c> only; without it the writer would block readers.
    /// </summary>
    public static void ApplyPragmas(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA synchronous = NORMAL; PRAGMA read_uncommitted = ON;";
        command.ExecuteNonQuery();
    }

    private static string CreateConnectionString(StorageOptions options)
    {
        if (!options.IsInMemory) return new SqliteConnectionStringBuilder { DataSource = Path.GetFullPath(options.Path) }.ToString();

        // A unique name separates emulators in one process; the shared cache lets the connections of one share the database.
        return new SqliteConnectionStringBuilder
        {
            DataSource = "chaser-emu-" + Guid.NewGuid().ToString("N"),
            Mode = SqliteOpenMode.Memory,
            Cache = SqliteCacheMode.Shared,
        }.ToString();
    }
}
