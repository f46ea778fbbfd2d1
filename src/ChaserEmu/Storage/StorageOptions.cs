using ChaserEmu.Settings;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Storage;

/// <summary>Settings under <c>Storage</c>.</summary>
internal sealed class StorageOptions : ISettings
{
    private const string InMemory = ":memory:";

    public static string Section => "Storage";

    /// <summary>The SQLite file, made with its folder if missing; <c>:memory:</c> keeps nothing after the end.</summary>
    public string Path { get; set; } = ".chaser-emu/emulator.db";

    public bool IsInMemory => Path == InMemory;

    public IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(Path)) yield return "Storage:Path is empty; give a file, or :memory: to keep nothing.";
    }
}

internal static class StorageConnection
{
    public static string For(StorageOptions options)
    {
        if (options.IsInMemory)
        {
            // A name of its own keeps two emulators in one process apart; the shared cache joins the connections of one.
            return new SqliteConnectionStringBuilder
            {
                DataSource = "chaser-emu-" + Guid.NewGuid().ToString("N"),
                Mode = SqliteOpenMode.Memory,
                Cache = SqliteCacheMode.Shared,
            }.ToString();
        }

        return new SqliteConnectionStringBuilder { DataSource = System.IO.Path.GetFullPath(options.Path) }.ToString();
    }
}
