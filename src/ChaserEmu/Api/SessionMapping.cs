using ChaserEmu.Domain;

namespace ChaserEmu.Api;

/// <summary>Converts sessions to the resources that the API returns.</summary>
internal static class SessionMapping
{
    public static CreatedSession ToCreated(this Session session, string cdpUrl) =>
        new(session.Id.ToString(), "session", session.Status, cdpUrl, session.CreatedAt, session.ExpiresAt);

    public static SessionResource ToResource(this Session session, string cdpUrl) => new(
        session.Id.ToString(),
        "session",
        session.Status,
        session.Device,
        cdpUrl,
        session.Bytes.Up,
        session.Bytes.Down,
        session.ProxyIp,
        session.ProxyRegion,
        session.CreatedAt,
        session.ReadyAt,
        session.ExpiresAt,
        session.EndedAt,
        session.EndedReason);
}
