namespace ChaserEmu.Storage;

/// <summary>Logs once when writes or reads start to fail and once when they succeed again, instead of once per failure.</summary>
internal sealed partial class StorageHealth(ILogger<StorageHealth> logger)
{
    private int _writeOutage;
    private int _readOutage;

    /// <summary>Reports a failed write.</summary>
    public void ReportWriteFailure(StorageUnavailableException exception)
    {
        if (TryBegin(ref _writeOutage)) LogFailing(logger, exception.Message);
    }

    public void ReportWriteSuccess()
    {
        if (TryEnd(ref _writeOutage)) LogWritten(logger);
    }

    /// <summary>Reports a failed read.</summary>
    public void ReportReadFailure(StorageUnavailableException exception)
    {
        if (TryBegin(ref _readOutage)) LogFailing(logger, exception.Message);
    }

    public void ReportReadSuccess()
    {
        if (TryEnd(ref _readOutage)) LogRead(logger);
    }

    private static bool TryBegin(ref int outage) => Interlocked.Exchange(ref outage, 1) == 0;

    /// <summary>Reads before the exchange, because there is hardly ever an outage to end.</summary>
    private static bool TryEnd(ref int outage) => Volatile.Read(ref outage) == 1 && Interlocked.Exchange(ref outage, 0) == 1;

    [LoggerMessage(Level = LogLevel.Error, Message = "{Why} Until then, requests that need the database return 503; logged once")]
    private static partial void LogFailing(ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database can be written to again; retrying pending writes")]
    private static partial void LogWritten(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database can be read again")]
    private static partial void LogRead(ILogger logger);
}
