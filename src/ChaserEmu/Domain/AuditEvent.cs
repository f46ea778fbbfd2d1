namespace ChaserEmu.Domain;

/// <summary>Something that was done in a workspace. Events are only ever added.</summary>
/// <param name="Id">Rises with each event of the emulator.</param>
/// <param name="Workspace">Whose it is.</param>
/// <param name="At">When.</param>
/// <param name="Action">Such as <c>session.created</c>, <c>key.revoked</c>, <c>billing.credited</c>.</param>
/// <param name="Subject">The id of the session or key it was done to; null for billing.</param>
/// <param name="Detail">The <c>ended_reason</c>, the name of a key, an amount; null when there is nothing more to say.</param>
internal sealed record AuditEvent(long Id, WorkspaceId Workspace, DateTimeOffset At, string Action, string? Subject, string? Detail)
{
    /// <summary>Of what happened to a session, which has yet to be recorded.</summary>
    public static AuditEvent ForSession(Session session, DateTimeOffset at, string action, string? detail = null) =>
        new(0, session.Workspace, at, action, session.Id.ToString(), detail);
}
