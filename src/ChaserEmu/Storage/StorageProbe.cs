namespace ChaserEmu.Storage;

/// <summary>Tells whether the database can be used now, for <c>/readyz</c>.</summary>
internal sealed class StorageProbe(StorageHealth health, ReadConnectionPool reads, WriteQueue writes)
{
    private static readonly string SelectOne = $"{WorkspaceTable.Table.Select} LIMIT 1";

    /// <summary>Returns why the database cannot be used, or null if it can. After a failed write it tries to write, so that the answer is current even if nobody else writes.</summary>
    public async Task<string?> GetProblemAsync()
    {
        if (health.CheckFile() is { } damage) return damage.Message;
        try
        {
            reads.Read(sql => sql.Query(SelectOne, WorkspaceTable.Table.Read));
            if (health.WriteOutage is not null) await writes.EnqueueAsync(sql => sql.Execute(WorkspaceTable.Rewrite));
            return health.WriteOutage?.Message;
        }
        catch (StorageUnavailableException exception)
        {
            return exception.Message;
        }
    }
}
