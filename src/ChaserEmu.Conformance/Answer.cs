using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace ChaserEmu.Conformance;

/// <summary>An answer as it came, with the request for messages.</summary>
internal sealed class Answer
{
    private const int ExcerptLength = 160;
    private JsonElement? _json;

    public required string Request { get; init; }

    public required int Status { get; init; }

    public required HttpResponseHeaders Headers { get; init; }

    public required string? ContentType { get; init; }

    public required byte[] Body { get; init; }

    /// <summary>Gets the body as JSON. Fails the check if it is not JSON.</summary>
    public JsonElement Json
    {
        get
        {
            if (_json is { } parsed) return parsed;
            try
            {
                using var document = JsonDocument.Parse(Body);
                _json = document.RootElement.Clone();
                return _json.Value;
            }
            catch (JsonException)
            {
                throw new CheckFailedException($"{Request}: expected a JSON body, but got {Excerpt}.");
            }
        }
    }

    public bool IsJson => ContentType?.Contains("json", StringComparison.OrdinalIgnoreCase) == true && Body.Length > 0;

    /// <summary>Gets the code of the error envelope; null if there is none.</summary>
    public string? ErrorCode =>
        IsJson && Json.ValueKind is JsonValueKind.Object && Json.TryGetProperty("error", out var error) && error.ValueKind is JsonValueKind.Object
        && error.TryGetProperty("code", out var code) && code.ValueKind is JsonValueKind.String ? code.GetString() : null;

    /// <summary>Gets the value of <c>Retry-After</c> in seconds; null if it is missing or not a positive integer.</summary>
    public int? RetryAfter =>
        Headers.TryGetValues("Retry-After", out var values) && int.TryParse(values.First(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0 ? seconds : null;

    public string Excerpt => Body.Length == 0 ? "no body" : $"'{Shorten(Encoding.UTF8.GetString(Body, 0, Math.Min(Body.Length, ExcerptLength + 1)))}'";

    /// <summary>Fails the check unless the status is the expected one.</summary>
    public Answer Expect(int status)
    {
        if (Status == status) return this;
        throw new CheckFailedException($"{Request}: expected {status}, but got {Status} with {Excerpt}.");
    }

    /// <summary>Fails the check unless this is an error with the status and the code.</summary>
    public Answer ExpectError(int status, string code)
    {
        Expect(status);
        if (ErrorCode == code) return this;
        throw new CheckFailedException($"{Request}: expected the error code '{code}', but got {Excerpt}.");
    }

    /// <summary>Returns a field of the body. Fails the check if it is missing.</summary>
    public JsonElement Get(string name) => Json.Field(name, Request);

    public string Text(string name) => Json.Text(name, Request);

    private static string Shorten(string text) => (text.Length > ExcerptLength ? text[..ExcerptLength] + "…" : text).ReplaceLineEndings(" ");
}

/// <summary>Reads JSON; what is missing or of another type fails the check.</summary>
internal static class JsonExtensions
{
    public static JsonElement Field(this JsonElement json, string name, string where) =>
        json.ValueKind is JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value
            : throw new CheckFailedException($"{where}: the field '{name}' is missing.");

    public static string Text(this JsonElement json, string name, string where)
    {
        var value = json.Field(name, where);
        return value.ValueKind is JsonValueKind.String ? value.GetString()! : throw new CheckFailedException($"{where}: '{name}' must be a string, but is {value.GetRawText()}.");
    }

    public static long Number(this JsonElement json, string name, string where)
    {
        var value = json.Field(name, where);
        return value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw new CheckFailedException($"{where}: '{name}' must be an integer, but is {value.GetRawText()}.");
    }

    public static DateTimeOffset Time(this JsonElement json, string name, string where) =>
        DateTimeOffset.TryParse(json.Text(name, where), CultureInfo.InvariantCulture, out var time) ? time
            : throw new CheckFailedException($"{where}: '{name}' must be a timestamp, but is '{json.Text(name, where)}'.");

    public static IReadOnlyList<JsonElement> Items(this JsonElement json, string name, string where)
    {
        var value = json.Field(name, where);
        return value.ValueKind is JsonValueKind.Array ? [.. value.EnumerateArray()] : throw new CheckFailedException($"{where}: '{name}' must be an array, but is {value.GetRawText()}.");
    }
}
