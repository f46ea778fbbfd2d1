using System.Data.Common;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Storage;

/// <summary>Opens connections to the database and applies the pragmas that every connection needs.</summary>
internal sealed class StorageConnectionFactory
{
    /// <summary>How long a statement waits for a lock that another program holds, such as a SQLite browser or a backup. Then it fails with 503.</summary>
    public static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(5);

    /// <summary>As many links as Linux follows.</summary>
    private const int MaxLinks = 40;

    public StorageConnectionFactory(IOptions<StorageOptions> options)
    {
        IsInMemory = options.Value.IsInMemory;
        FilePath = IsInMemory ? "" : ResolveLinks(Path.GetFullPath(options.Value.Path), MaxLinks);

        // An in-memory database gets a unique name, which separates emulators in one process; the shared cache lets its connections share it.
        // A pool would keep a file open after the emulator has stopped, and would hand out connections to a file that was replaced since.
        ConnectionString = (IsInMemory
            ? new SqliteConnectionStringBuilder { DataSource = "chaser-emu-" + Guid.NewGuid().ToString("N"), Mode = SqliteOpenMode.Memory, Cache = SqliteCacheMode.Shared }
            : new SqliteConnectionStringBuilder { DataSource = FilePath, Mode = SqliteOpenMode.ReadWrite, Pooling = false }).ToString();
    }

    /// <summary>Gets the connection string. It opens an existing file only: a file that was deleted is not created again.</summary>
    public string ConnectionString { get; }

    public bool IsInMemory { get; }

    /// <summary>Gets the absolute path of the file without symbolic links, as SQLite uses it; empty in memory.</summary>
    public string FilePath { get; }

    /// <summary>Opens a new connection. The caller disposes it.</summary>
    public SqliteConnection Open() => Open(ConnectionString);

    /// <summary>Opens a new connection, and creates the file if it does not exist. The caller disposes it.</summary>
    public SqliteConnection OpenOrCreate() =>
        Open(IsInMemory ? ConnectionString : new SqliteConnectionStringBuilder(ConnectionString) { Mode = SqliteOpenMode.ReadWriteCreate }.ToString());

    /// <summary>
    /// Applies the pragmas. In WAL mode, <c>synchronous = NORMAL</c> loses no commit when the process is killed, only after a power failure.
    /// <c>read_uncommitted</c> affects the shared cache of <c>:memory:</c> only; without it the writer would block readers.
    /// </summary>
    public static void ApplyPragmas(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = string.Create(
            CultureInfo.InvariantCulture, $"PRAGMA synchronous = NORMAL; PRAGMA read_uncommitted = ON; PRAGMA busy_timeout = {(int)BusyTimeout.TotalMilliseconds};");
        command.ExecuteNonQuery();
    }

    private static SqliteConnection Open(string connectionString)
    {
        var connection = new SqliteConnection(connectionString);
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

    /// <summary>Follows the symbolic links in all parts of a path. The file need not exist.</summary>
    private static string ResolveLinks(string path, int maxLinks)
    {
        if (Path.GetDirectoryName(path) is not { } folder) return path;
        path = Path.Combine(ResolveLinks(folder, maxLinks), Path.GetFileName(path));
        if (new FileInfo(path).LinkTarget is not { } target) return path;
        if (maxLinks == 0) throw new StorageUnavailableException($"The database path '{path}' has a loop of symbolic links. Remove the loop, or set another file with --Storage:Path.");
        return ResolveLinks(Path.GetFullPath(target, Path.GetDirectoryName(path)!), maxLinks - 1);
    }
}
