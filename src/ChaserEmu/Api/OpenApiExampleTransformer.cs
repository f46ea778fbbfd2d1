using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Domain;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace ChaserEmu.Api;

/// <summary>Adds an example of each request and response body, serialized from the types that the API uses.</summary>
internal static class OpenApiExampleTransformer
{
    public const string SessionId = "sess_019ec0d0-a88a-73f2-9741-8030dc82a854";
    public const string KeyId = "68c58c43-dafc-433c-9d19-3719ab740159";

    private const string CdpUrl = $"ws://127.0.0.1:8080/sessions/{SessionId}";
    private const string Prefix = "cha_live_qMRiH5q";

    /// <summary>The position after <see cref="Closed"/>.</summary>
    private const string Cursor = "MjAyNi0wNi0xM1QxMTo0OToyMC42NTExODIrMDA6MDB8MDE5ZWMwY2UtMWYwMi03YTZiLThjNTUtMmI3ZDkwZTRmMTEz";

    private const string PreviewUrl =
        $"ws://127.0.0.1:8080/sessions/{SessionId}/preview?token=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzZXNzXzAxOWVjMGQwLWE4OGEtNzNmMi05NzQxLTgwMzBkYzgyYTg1NCIsImF1ZCI6InByZXZpZXciLCJleHAiOjE3ODEzNTE2NjAuNjUxfQ.OV9xC_OyyOSW6pyxVhQXH8bLcmi9qB5zDfmgQu1hUj0";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new TimestampConverter() },
        TypeInfoResolver = JsonTypeInfoResolver.Combine(SessionsJson.Default, UsageJson.Default, BillingJson.Default, KeysJson.Default, AuditJson.Default),
    };

    private static readonly DateTimeOffset Created = DateTimeOffset.Parse("2026-06-13T11:49:20.651182Z", CultureInfo.InvariantCulture);

    private static readonly DateTimeOffset Expires = Session.GetExpiry(Created, TimeSpan.FromMinutes(30));

    private static readonly SessionResource Open = new(
        SessionId, "session", SessionStatus.Ready, "Android 10 - Chrome 137 (Mobile)", CdpUrl, 48_211, 1_920_482, "127.0.0.1", "local", Created, Created.AddSeconds(18.204), Expires, null, null);

    private static readonly SessionResource Closed = Open with
    {
        Id = "sess_019ec0ce-1f02-7a6b-8c55-2b7d90e4f113",
        CdpUrl = "ws://127.0.0.1:8080/sessions/sess_019ec0ce-1f02-7a6b-8c55-2b7d90e4f113",
        Status = SessionStatus.Closed,
        EndedAt = Created.AddMinutes(2),
        EndedReason = EndedReason.ClientDelete,
    };

    private static readonly Dictionary<Type, JsonNode> Examples = new()
    {
        [typeof(CreateSessionRequest)] = Json(new CreateSessionRequest(TtlSeconds: 600)),
        [typeof(CreatedSession)] = Json(new CreatedSession(SessionId, "session", SessionStatus.Creating, CdpUrl, Created, Expires)),
        [typeof(SessionResource)] = Json(Open),
        [typeof(SessionList)] = Json(new SessionList("list", [Open, Closed], Cursor, true)),
        [typeof(PreviewToken)] = Json(new PreviewToken(PreviewUrl, Created.AddMinutes(5), true, 5)),
        [typeof(Usage)] = Json(new Usage(
            "current",
            Created.AddDays(-12).Subtract(Created.TimeOfDay),
            Created,
            new(41_598_229, 305_053_681, 346_651_910, 54, 1_733_259),
            [new("local", 54, 346_651_910, 1_733_259)],
            [new(KeyId, Prefix, "ci", 54, 346_651_910, 1_733_259)],
            [new(new DateOnly(2026, 6, 1), 0, 0), new(new DateOnly(2026, 6, 2), 346_651_910, 54)])),
        [typeof(KeyList)] = Json(new KeyList([new(KeyId, "ci", Prefix, Created, Created.AddHours(1), null)])),
        [typeof(CreateKeyRequest)] = Json(new CreateKeyRequest("ci")),
        [typeof(RotateKeyRequest)] = Json(new RotateKeyRequest()),
        [typeof(NewKey)] = Json(new NewKey(KeyId, "ci", Prefix, Prefix + "Zk0s2vWb4yT7cEnUaXoLdJfGp1rI9Q6tBw3m", Created)),
        [typeof(TopupRequest)] = Json(new TopupRequest(50)),
        [typeof(Checkout)] = Json(new Checkout("http://127.0.0.1:8080/checkout/0nq2kz1dW7yTfJcXbVhR4sLgM8eAuPQi")),
    };

    private static readonly JsonNode EventExample =
        "id: 17\nevent: session.ended\ndata: " + Json(new AuditEntry(Created, "session.ended", SessionId, "client_delete")).ToJsonString() + "\n\n";

    /// <summary>Adds the example of each successful response and of the request body.</summary>
    public static Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        foreach (var response in context.Description.SupportedResponseTypes)
        {
            var content = operation.Responses?[response.StatusCode.ToString(CultureInfo.InvariantCulture)].Content;
            foreach (var mediaType in content?.Values ?? []) AddTo(mediaType, response.Type);
            if (content?.TryGetValue("text/event-stream", out var events) is true) events.Example = EventExample.DeepClone();
        }

        var body = context.Description.ParameterDescriptions.FirstOrDefault(parameter => parameter.Source.Id == "Body")?.Type;
        foreach (var mediaType in operation.RequestBody?.Content?.Values ?? []) AddTo(mediaType, body);
        return Task.CompletedTask;
    }

    private static void AddTo(OpenApiMediaType mediaType, Type? type)
    {
        if (type is not null && mediaType.Examples is null && Examples.TryGetValue(type, out var example)) mediaType.Example = example.DeepClone();
    }

    private static JsonNode Json<T>(T value) => JsonSerializer.SerializeToNode(value, (JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T)))!;
}
