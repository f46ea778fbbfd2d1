using ChaserEmu.Platform;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Storage;

/// <summary>Thrown when the database cannot be used because of its environment: permissions, disk, open files, or the file itself. The message says what to do.</summary>
internal sealed class StorageUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    private const int Busy = 5;
    private const int Locked = 6;
    private const int ReadOnly = 8;
    private const int InputOutput = 10;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NotADatabase = 26;

    /// <summary>Gets whether the file is damaged or gone. It then stays unavailable until a restart.</summary>
    public bool IsPermanent { get; private init; }

    /// <summary>Gets whether the disk is full. A smaller write may succeed.</summary>
    public bool IsFull { get; private init; }

    /// <summary>Returns an exception for a failed write (or read, if <paramref name="reading"/>) that the environment caused; null for any other failure, which is a bug.</summary>
    public static StorageUnavailableException? FromException(Exception exception, bool reading = false)
    {
        if (exception is StorageUnavailableException unavailable) return unavailable;
        if ((exception as SqliteException ?? exception.InnerException as SqliteException) is not { } sqlite) return null;
        switch (sqlite.SqliteErrorCode)
        {
            case Corrupt or NotADatabase:
                return ForFile($"is damaged: {sqlite.Message.TrimEnd('.')}", exception);
            case Busy or Locked or ReadOnly or InputOutput or Full or CannotOpen:
                var (operation, retry) = reading ? ("read", "") : ("written to", " Pending writes are retried.");
                return new($"The database cannot be {operation}: {sqlite.Message.TrimEnd('.')}. {GetRemedy(sqlite)}.{retry}", exception) { IsFull = sqlite.SqliteErrorCode == Full };
            default:
                return null;
        }
    }

    /// <summary>Returns an exception for a file that is damaged or gone.</summary>
    /// <param name="problem">What is wrong, after "The database".</param>
    /// <param name="inner">The cause, if there is one.</param>
    public static StorageUnavailableException ForFile(string problem, Exception? inner = null) =>
        new($"The database {problem}. Stop the emulator, restore or remove the file, and start it again.", inner) { IsPermanent = true };

    /// <summary>Returns what the user can do, as a sentence without its period.</summary>
    public static string GetRemedy(SqliteException exception) => exception.SqliteErrorCode switch
    {
        Busy or Locked => "Close the program that has locked it, such as a SQLite browser or a backup",
        ReadOnly => $"Give the user '{CurrentUser.Name}' write access to it",
        InputOutput or Full => "If its disk is full, free some space",
        CannotOpen => "Check that the file exists and that this process can open more files (ulimit -n)",
        _ => "Repair or remove it",
    };

    public static StorageUnavailableException NotWritable(string folder, Exception inner) => new(
        $"The database cannot be written to in '{folder}': {inner.Message} "
        + $"Give the user '{CurrentUser.Name}' write access, or set another file with --Storage:Path (':memory:' keeps nothing).",
        inner);
}
