using System.Text;
using ChaserEmu.Domain;

namespace ChaserEmu.Storage;

/// <summary>Which statuses a list of sessions has.</summary>
internal enum SessionSelection
{
    All,
    Ended,
    Closed,
    Error,
}

/// <summary>The sessions that a list has.</summary>
/// <param name="Workspace">Their workspace; null for all.</param>
/// <param name="Selection">Their statuses.</param>
/// <param name="Reason">Their reason; null for all.</param>
/// <param name="KeyId">The key that created them; null for all. Needs the workspace of the key, whose index serves it.</param>
internal readonly record struct SessionFilter(WorkspaceId? Workspace, SessionSelection Selection = SessionSelection.All, EndedReason? Reason = null, string? KeyId = null)
{
    /// <summary>
    /// Returns the statement for a page, newest first. Its parameters are the workspace, the reason, the key, the id after the page, and the number of rows.
    /// Each page is read in the order of an index, so its cost does not grow with the number of sessions.
    /// </summary>
    public string ToSelect()
    {
        var sql = new StringBuilder(SessionTable.Table.Select).Append(" WHERE Id < ?4");
        if (Workspace is not null) sql.Append(" AND Workspace = ?1");
        if (Reason is not null) sql.Append(" AND EndedReason = ?2");
        if (KeyId is not null) sql.Append(" AND KeyId = ?3");
        sql.Append(Selection switch
        {
            SessionSelection.Ended => " AND EndedAt IS NOT NULL",
            SessionSelection.Closed => " AND Status = 'Closed'",
            SessionSelection.Error => " AND Status = 'Error'",
            _ => "",
        });
        return sql.Append(" ORDER BY Id DESC LIMIT ?5").ToString();
    }
}
