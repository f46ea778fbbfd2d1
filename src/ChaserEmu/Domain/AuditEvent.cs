namespace ChaserEmu.Domain;

/// <summary>An event in the audit log of a workspace. Events are never changed.</summary>
/// <param name="Id">The id, which increases with each event of the emulator. 0 until the event is stored.</param>
/// <param name="Workspace">The workspace.</param>
/// <param name="At">The emulated time.</param>
/// <param name="Action">The action, such as <c>session.created</c>, <c>key.revoked</c>, <c>billing.credited</c>.</param>
/// <param name="Subject">The id of the session or key; null for billing.</param>
/// <param name="Detail">The <c>ended_reason</c>, the name of a key, or an amount; null if there is none.</param>
internal sealed record AuditEvent(long Id, WorkspaceId Workspace, DateTimeOffset At, string Action, string? Subject, string? Detail)
{
    /// <summary>Returns an event about a session, not yet stored.</summary>
    public static AuditEvent ForSession(Session session, DateTimeOffset at, string action, string? detail = null) =>
        new(0, session.Workspace, at, action, session.Id.ToString(), detail);

    /// <summary>Returns an event about a key, not yet stored.</summary>
    public static AuditEvent ForKey(ApiKey key, DateTimeOffset at, string action, string detail) =>
        new(0, key.Workspace, at, action, key.Id, detail);
}
