using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using ChaserEmu.Domain;

namespace ChaserEmu.Api;

/// <summary>Parameters of a new session. All fields and the body are optional.</summary>
/// <param name="Profile">Internal profile label. Omit unless instructed.</param>
/// <param name="TtlSeconds">Seconds until auto-expiry.</param>
internal sealed record CreateSessionRequest(
    [property: StringLength(128, MinimumLength = 1), DefaultValue("default")] string Profile = CreateSessionRequest.DefaultProfile,
    [property: Range(CreateSessionRequest.MinTtlSeconds, CreateSessionRequest.MaxTtlSeconds), DefaultValue(1800)] int TtlSeconds = CreateSessionRequest.DefaultTtlSeconds)
{
    public const string DefaultProfile = "default";
    public const int DefaultTtlSeconds = 1800;
    public const int MinTtlSeconds = 60;
    public const int MaxTtlSeconds = 3600;
}

/// <summary>A newly created session.</summary>
/// <param name="Id"><c>sess_</c> followed by a UUIDv7.</param>
/// <param name="Object">Always <c>session</c>.</param>
/// <param name="Status">Always <c>creating</c>.</param>
/// <param name="CdpUrl">The DevTools WebSocket URL of the browser. It accepts connections once the session is ready.</param>
/// <param name="CreatedAt">The creation time in UTC, with six fractional digits.</param>
/// <param name="ExpiresAt"><c>created_at</c> plus <c>ttl_seconds</c>, less about a millisecond.</param>
internal sealed record CreatedSession(
    [property: RegularExpression(SessionResource.IdPattern)] string Id,
    [property: AllowedValues("session")] string Object,
    SessionStatus Status,
    [property: Url] string CdpUrl,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt)
{
    public static CreatedSession Of(Session session, string cdpUrl) =>
        new(session.Id.ToString(), "session", session.Status, cdpUrl, session.CreatedAt, session.ExpiresAt);
}

/// <summary>A browser session. Values that are not known yet are null.</summary>
/// <param name="Id"><c>sess_</c> followed by a UUIDv7.</param>
/// <param name="Object">Always <c>session</c>.</param>
/// <param name="Status">creating → ready → closed; creating → closed; creating → error.</param>
/// <param name="Device">The device that the browser presents. Null until the session is ready.</param>
/// <param name="CdpUrl">The DevTools WebSocket URL of the browser, for Playwright, patchright and Puppeteer. Present from creation.</param>
/// <param name="BytesUp">Bytes sent by the CDP client and the browser. Updated in real time.</param>
/// <param name="BytesDown">Bytes received by the CDP client and the browser. Updated in real time.</param>
/// <param name="ProxyIp">The IP address that the browser's traffic comes from. Null until the session is ready.</param>
/// <param name="ProxyRegion">The region of <c>proxy_ip</c>. Null until the session is ready.</param>
/// <param name="CreatedAt">The creation time in UTC, with six fractional digits.</param>
/// <param name="ReadyAt">When the session became ready.</param>
/// <param name="ExpiresAt"><c>created_at</c> plus <c>ttl_seconds</c>, less about a millisecond.</param>
/// <param name="EndedAt">When the session ended.</param>
/// <param name="EndedReason">Why the session closed.</param>
internal sealed record SessionResource(
    [property: RegularExpression(SessionResource.IdPattern)] string Id,
    [property: AllowedValues("session")] string Object,
    SessionStatus Status,
    string? Device,
    [property: Url] string CdpUrl,
    long BytesUp,
    long BytesDown,
    string? ProxyIp,
    string? ProxyRegion,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ReadyAt,
    DateTimeOffset ExpiresAt,
    DateTimeOffset? EndedAt,
    EndedReason? EndedReason)
{
    public const string IdPattern = "^sess_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$";

    public static SessionResource Of(Session session, string cdpUrl) => new(
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

/// <summary>A page of sessions, newest first.</summary>
/// <param name="Object">Always <c>list</c>.</param>
/// <param name="Data">The sessions of this page.</param>
/// <param name="NextCursor">An opaque cursor. Send it as <c>cursor</c> to get the next page. Null on the last page.</param>
/// <param name="HasMore">Whether there is a next page.</param>
internal sealed record SessionList([property: AllowedValues("list")] string Object, IReadOnlyList<SessionResource> Data, string? NextCursor, bool HasMore);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(CreateSessionRequest))]
[JsonSerializable(typeof(CreatedSession))]
[JsonSerializable(typeof(SessionResource))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(ScreenshotRequest))]
[JsonSerializable(typeof(PreviewToken))]
[JsonSerializable(typeof(Usage))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(CreateKeyRequest))]
[JsonSerializable(typeof(RotateKeyRequest))]
[JsonSerializable(typeof(NewKey))]
[JsonSerializable(typeof(TopupRequest))]
[JsonSerializable(typeof(Checkout))]
[JsonSerializable(typeof(AuditEntry))]
internal sealed partial class ApiJson : JsonSerializerContext;
