using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Storage;

/// <summary>How to reach the database, and what every connection to it is told.</summary>
internal sealed class StorageConnectionFactory(IOptions<StorageOptions> options)
{
    public string ConnectionString { get; } = Describe(options.Value);

    public bool IsInMemory => options.Value.IsInMemory;

    /// <summary>A connection of the caller's own.</summary>
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
    /// In WAL mode, <c>synchronous = NORMAL</c> loses nothing when the process dies (only a power cut can take the last commits);
    /// <c>read_uncommitted</c> matters to the shared cache of <c>:memory:</c> alone, where readers would otherwise be locked out by the writer.
    /// </summary>
    public static void ApplyPragmas(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA synchronous = NORMAL; PRAGMA read_uncommitted = ON;";
        command.ExecuteNonQuery();
    }

    private static string Describe(StorageOptions options)
    {
        if (!options.IsInMemory) return new SqliteConnectionStringBuilder { DataSource = Path.GetFullPath(options.Path) }.ToString();

        // A name of its own keeps two emulators in one process apart; the shared cache joins the connections of one.
        return new SqliteConnectionStringBuilder
        {
            DataSource = "chaser-emu-" + Guid.NewGuid().ToString("N"),
            Mode = SqliteOpenMode.Memory,
            Cache = SqliteCacheMode.Shared,
        }.ToString();
    }
}
