namespace ChaserEmu.Storage;

/// <summary>Says once that the database cannot be written to, or read, and once that it can be again, however many try meanwhile.</summary>
internal sealed partial class StorageHealth(ILogger<StorageHealth> logger)
{
    private int _writing;
    private int _reading;

    /// <summary>A write failed by what the machine does not allow.</summary>
    public void ReportWriteFailure(StorageUnavailableException why)
    {
        if (Begins(ref _writing)) LogFailing(logger, why.Message);
    }

    public void ReportWriteSuccess()
    {
        if (Ends(ref _writing)) LogWritten(logger);
    }

    /// <summary>The same of a read.</summary>
    public void ReportReadFailure(StorageUnavailableException why)
    {
        if (Begins(ref _reading)) LogFailing(logger, why.Message);
    }

    public void ReportReadSuccess()
    {
        if (Ends(ref _reading)) LogRead(logger);
    }

    private static bool Begins(ref int outage) => Interlocked.Exchange(ref outage, 1) == 0;

    /// <summary>A look first, since there is hardly ever one to end.</summary>
    private static bool Ends(ref int outage) => Volatile.Read(ref outage) == 1 && Interlocked.Exchange(ref outage, 0) == 1;

    [LoggerMessage(Level = LogLevel.Error, Message = "{Why} Until then calls that need it are answered with 503; this is said once")]
    private static partial void LogFailing(ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database can be written to again; what waits is written now")]
    private static partial void LogWritten(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database can be read again")]
    private static partial void LogRead(ILogger logger);
}
