namespace ChaserEmu.Storage;

/// <summary>Logs once when writes or reads start to fail and once when they succeed again, instead of once per failure.</summary>
internal sealed partial class StorageHealth(DatabaseFile file, ILogger<StorageHealth> logger)
{
    private StorageUnavailableException? _writeOutage;
    private StorageUnavailableException? _readOutage;
    private StorageUnavailableException? _damage;

    /// <summary>Gets why the file is damaged or gone; null while it is not. What is written to it then could be lost. A restart is needed.</summary>
    public StorageUnavailableException? Damage => Volatile.Read(ref _damage);

    /// <summary>Gets why writes fail; null while they do not.</summary>
    public StorageUnavailableException? WriteOutage => Volatile.Read(ref _writeOutage);

    /// <summary>Checks that the file is still there and complete. Returns <see cref="Damage"/>.</summary>
    public StorageUnavailableException? CheckFile()
    {
        if (Damage is null && file.GetProblem() is { } problem) ReportDamage(problem);
        return Damage;
    }

    /// <summary>Reports a failed write.</summary>
    public void ReportWriteFailure(StorageUnavailableException exception) => ReportFailure(exception, ref _writeOutage);

    /// <summary>Reports a successful write. It does not end the outage of a full disk while the disk is still full, where only small writes succeed.</summary>
    public void ReportWriteSuccess()
    {
        if (WriteOutage is { IsFull: true } && file.IsDiskFull) return;
        if (TryEnd(ref _writeOutage)) LogWritten(logger);
    }

    /// <summary>Reports a failed read.</summary>
    public void ReportReadFailure(StorageUnavailableException exception) => ReportFailure(exception, ref _readOutage);

    public void ReportReadSuccess()
    {
        if (TryEnd(ref _readOutage)) LogRead(logger);
    }

    private void ReportFailure(StorageUnavailableException exception, ref StorageUnavailableException? outage)
    {
        if (exception.IsPermanent) ReportDamage(exception);
        else if (Interlocked.CompareExchange(ref outage, exception, null) is null) LogFailing(logger, exception.Message);
    }

    private void ReportDamage(StorageUnavailableException exception)
    {
        if (Interlocked.CompareExchange(ref _damage, exception, null) is null) LogDamaged(logger, exception.Message);
    }

    /// <summary>Reads before the exchange, because there is hardly ever an outage to end.</summary>
    private static bool TryEnd(ref StorageUnavailableException? outage) => Volatile.Read(ref outage) is not null && Interlocked.Exchange(ref outage, null) is not null;

    [LoggerMessage(Level = LogLevel.Error, Message = "{Why} Until then, requests that need the database return 503; logged once")]
    private static partial void LogFailing(ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Critical, Message = "{Why} Until then, requests that write to the database return 503; logged once")]
    private static partial void LogDamaged(ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database can be written to again; retrying pending writes")]
    private static partial void LogWritten(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database can be read again")]
    private static partial void LogRead(ILogger logger);
}
