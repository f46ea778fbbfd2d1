using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ChaserEmu.Control;

/// <summary>Serializes responses of <c>/_emu</c>.</summary>
internal static class ControlJson
{
    /// <summary>For responses. Escapes only what JSON requires, so that apostrophes stay readable; responses are never embedded in HTML.</summary>
    private static readonly JsonSerializerOptions Readable = new(CreateRelaxed())
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(
            ClockJson.Default, InspectionJson.Default, WorkspacesJson.Default, FailedRequestsJson.Default, DashboardJson.Default, SettingsJson.Default, ResetJson.Default, StateJson.Default, JournalJson.Default, CdpJournalJson.Default, EventsJson.Default, HealthJson.Default),
    };

    /// <summary>For state files, which people diff.</summary>
    public static readonly StateJson Indented = new(new JsonSerializerOptions(CreateRelaxed()) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });

    /// <summary>Returns a response.</summary>
    public static IResult ToResult<T>(T value, int? statusCode = null) => TypedResults.Json(value, GetTypeInfo<T>(), statusCode: statusCode);

    public static JsonTypeInfo<T> GetTypeInfo<T>() => (JsonTypeInfo<T>)Readable.GetTypeInfo(typeof(T));

    private static JsonSerializerOptions CreateRelaxed() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new TimestampConverter() },
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
