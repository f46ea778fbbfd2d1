using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>Parameters of a new session. All fields and the body are optional.</summary>
/// <param name="Profile">Internal profile label. Omit unless instructed.</param>
/// <param name="TtlSeconds">Seconds until auto-expiry.</param>
public sealed record CreateSessionRequest(
    [property: StringLength(128, MinimumLength = 1), DefaultValue("default")] string Profile = CreateSessionRequest.DefaultProfile,
    [property: Range(CreateSessionRequest.MinTtlSeconds, CreateSessionRequest.MaxTtlSeconds), DefaultValue(1800)] int TtlSeconds = CreateSessionRequest.DefaultTtlSeconds)
{
    /// <summary>The default of <c>profile</c>.</summary>
    public const string DefaultProfile = "default";

    /// <summary>The default of <c>ttl_seconds</c>. Documented.</summary>
    public const int DefaultTtlSeconds = 1800;

    /// <summary>The smallest <c>ttl_seconds</c>. Documented.</summary>
    public const int MinTtlSeconds = 60;

    /// <summary>The largest <c>ttl_seconds</c>. Documented.</summary>
    public const int MaxTtlSeconds = 3600;
}

/// <summary>A newly created session.</summary>
/// <param name="Id"><c>sess_</c> followed by a UUIDv7.</param>
/// <param name="Object">Always <c>session</c>.</param>
/// <param name="Status">Always <c>creating</c>.</param>
/// <param name="CdpUrl">The DevTools WebSocket URL of the browser. It accepts connections once the session is ready.</param>
/// <param name="CreatedAt">The creation time in UTC, with six fractional digits.</param>
/// <param name="ExpiresAt"><c>created_at</c> plus <c>ttl_seconds</c>, less about a millisecond.</param>
public sealed record CreatedSession(
    [property: RegularExpression(SessionResource.IdPattern)] string Id,
    [property: AllowedValues("session")] string Object,
    SessionStatus Status,
    [property: Url] string CdpUrl,
    DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt);

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
public sealed record SessionResource(
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
    /// <summary>The pattern of session ids: <c>sess_</c> and a UUIDv7. Documented.</summary>
    public const string IdPattern = "^sess_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$";
}

/// <summary>A page of sessions, newest first.</summary>
/// <param name="Object">Always <c>list</c>.</param>
/// <param name="Data">The sessions of this page.</param>
/// <param name="NextCursor">An opaque cursor. Send it as <c>cursor</c> to get the next page. Null on the last page.</param>
/// <param name="HasMore">Whether there is a next page.</param>
public sealed record SessionList([property: AllowedValues("list")] string Object, IReadOnlyList<SessionResource> Data, string? NextCursor, bool HasMore);

/// <summary>The JSON of <c>/v1/sessions</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(CreateSessionRequest))]
[JsonSerializable(typeof(CreatedSession))]
[JsonSerializable(typeof(SessionResource))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(ScreenshotRequest))]
[JsonSerializable(typeof(PreviewToken))]
public sealed partial class SessionsJson : JsonSerializerContext;
