using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using ChaserEmu.Domain;

namespace ChaserEmu.Api;

/// <summary>What a session is made with. Every field may be left out, and the whole body too.</summary>
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

/// <summary>A session as it is answered at its creation.</summary>
/// <param name="Id"><c>sess_</c> and a UUIDv7.</param>
/// <param name="Object">Always <c>session</c>.</param>
/// <param name="Status"><c>creating</c>.</param>
/// <param name="CdpUrl">The browser's DevTools WebSocket, which takes connections once the session is ready.</param>
/// <param name="CreatedAt">UTC, with six fractional digits.</param>
/// <param name="ExpiresAt"><c>created_at</c> and <c>ttl_seconds</c>.</param>
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

/// <summary>A session. What is not known yet is null.</summary>
/// <param name="Id"><c>sess_</c> and a UUIDv7.</param>
/// <param name="Object">Always <c>session</c>.</param>
/// <param name="Status">creating → ready → closed; creating → closed; creating → error.</param>
/// <param name="Device">The device the browser presents, once ready.</param>
/// <param name="CdpUrl">The browser's DevTools WebSocket, for Playwright, patchright and Puppeteer. Present from creation.</param>
/// <param name="BytesUp">Sent by the CDP client and by the browser, moving in real time.</param>
/// <param name="BytesDown">Received by the CDP client and by the browser, moving in real time.</param>
/// <param name="ProxyIp">Where the browser's traffic leaves, once ready.</param>
/// <param name="ProxyRegion">The region of <c>proxy_ip</c>, once ready.</param>
/// <param name="CreatedAt">UTC, with six fractional digits.</param>
/// <param name="ReadyAt">When the browser was ready.</param>
/// <param name="ExpiresAt"><c>created_at</c> and <c>ttl_seconds</c>.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="EndedReason">Why it closed.</param>
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
/// <param name="NextCursor">Opaque; give it as <c>cursor</c> to get the next page. Null on the last one.</param>
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
