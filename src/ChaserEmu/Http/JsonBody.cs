using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using ChaserEmu.Domain;
using ChaserEmu.Journal;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Http;

/// <summary>Reads request bodies as JSON objects. Errors say what is wrong and where.</summary>
internal static class JsonBody
{
    private static readonly ApiError NotJson = ApiError.InvalidRequest("Content-Type must be application/json.");

    private static readonly ApiError NotUtf8 = ApiError.InvalidRequest("The charset in Content-Type must be utf-8; JSON is always UTF-8 (RFC 8259).");

    /// <summary>The errors of every request with a body, apart from those of its fields.</summary>
    public static readonly ApiError[] Errors = [NotJson, NotUtf8, ApiError.PayloadTooLarge, ApiError.UnsupportedEncoding];

    /// <summary>The parser's limit of nested objects and arrays.</summary>
    private const int MaxDepth = 64;

    private const long MaxDrainedBytes = 16 * 1024 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    private static readonly JsonElement Empty = JsonElement.Parse("{}");

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>
    /// Reads the body of an API request as a JSON object, or returns the error for the response. An empty body and <c>null</c>, which generated
    /// clients send for no body, count as an empty object.
    /// </summary>
    public static async Task<(JsonElement Body, ApiError? Error)> ReadAsync(HttpRequest request)
    {
        var (body, error) = await request.ReadBodyAsync();
        if (error is not null) return (default, error);
        if (body.IsEmpty) return (Empty, null);
        if (!request.HasJsonContentType())
        {
            CallDetails.Of(request.HttpContext)?.AddDeviation(DeviationKind.ContentType, NotJson.Message);
            return (default, NotJson);
        }

        if (body.Span.Trim(" \t\r\n"u8).SequenceEqual("null"u8)) return (Empty, null);
        if (!TryParse(body, out var json, out error)) return (default, error);
        error = FindUnknownFields(request.HttpContext, json);
        return error is null ? (json, null) : (default, error);
    }

    /// <summary>Reports the fields that the operation does not have. Returns the error for the response if they are refused, or null.</summary>
    private static ApiError? FindUnknownFields(HttpContext context, JsonElement body)
    {
        if (CallDetails.Of(context) is not { ReportsDeviations: true } details || context.GetEndpoint()?.Metadata.GetMetadata<RequestBodyMetadata>() is not { } declared) return null;
        var options = context.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        string[] known = [.. options.GetTypeInfo(declared.Type).Properties.Select(property => property.Name)];
        var advice = known.Length > 0 ? $"The fields are {string.Join(", ", known)}." : "It has no fields.";
        return details.AddUnknownNames(DeviationKind.UnknownField, "The body has the unknown field", body.EnumerateObject().Select(field => field.Name), known, advice);
    }

    /// <summary>Reads the whole body, or returns the error for the response.</summary>
    public static async Task<(ReadOnlyMemory<byte> Body, ApiError? Error)> ReadBodyAsync(this HttpRequest request)
    {
        // How long a chunked body is shows only at its end.
        var limit = request.ContentLength is null ? RaiseLimit(request) : null;
        var (body, error) = await request.ReadBodyAsync<ReadOnlyMemory<byte>>(async stream =>
        {
            var copy = new MemoryStream();
            await stream.CopyToAsync(copy, request.HttpContext.RequestAborted);
            return copy.GetBuffer().AsMemory(0, (int)copy.Length);
        });
        if (body.Length > limit) return (default, ApiError.PayloadTooLarge);
        if (CallDetails.Of(request.HttpContext) is { } details) details.RequestBody = body;
        return (body, error);
    }

    /// <summary>Reads the body as a stream, or returns the error for the response.</summary>
    public static async Task<(T? Result, ApiError? Error)> ReadBodyAsync<T>(this HttpRequest request, Func<Stream, Task<T>> read)
    {
        if (await TryDrainAsync(request)) return (default, ApiError.PayloadTooLarge);
        if (IsCompressed(request)) return (default, ApiError.UnsupportedEncoding);
        if (!IsUtf8(request)) return (default, NotUtf8);
        try
        {
            return (await read(request.Body), null);
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (default, ApiError.PayloadTooLarge);
        }
        catch (BadHttpRequestException)
        {
            return (default, ApiError.InvalidRequest("The request body could not be read: its framing is broken or it ended early."));
        }
    }

    /// <summary>Reads and discards a body whose Content-Length exceeds the limit; returns whether it did.</summary>
    private static async Task<bool> TryDrainAsync(HttpRequest request)
    {
        if (!(request.ContentLength > request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize) || RaiseLimit(request) is null) return false;
        await request.Body.CopyToAsync(Stream.Null, request.HttpContext.RequestAborted);
        return true;
    }

    /// <summary>
    /// Lets the server read bodies above the limit, so that the client can send all of it: a client that is still sending when the connection
    /// closes often sees a broken connection instead of the 413. Returns the limit, which the caller must check. Returns null without a change
    /// if the client sent <c>Expect</c>, and above 16 MiB.
    /// </summary>
    private static long? RaiseLimit(HttpRequest request)
    {
        var feature = request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (feature is not { IsReadOnly: false, MaxRequestBodySize: < MaxDrainedBytes and var limit } || request.ContentLength > MaxDrainedBytes || request.Headers.Expect.Count > 0) return null;
        feature.MaxRequestBodySize = MaxDrainedBytes;
        return limit;
    }

    private static bool IsCompressed(HttpRequest request) =>
        request.Headers.ContentEncoding.ToString() is { Length: > 0 } encoding && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase);

    private static bool IsUtf8(HttpRequest request) =>
        request.GetTypedHeaders().ContentType?.Charset is not { Length: > 0 } charset || charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) || charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase);

    /// <summary>Parses a JSON object without duplicate fields, or returns the error for the response.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> body, out JsonElement json, [NotNullWhen(false)] out ApiError? error)
    {
        error = Parse(body.Span, "The body", out json) is { } message ? ApiError.InvalidRequest(message) : null;
        return error is null;
    }

    /// <summary>Parses a JSON object. Returns an error message that starts with <paramref name="what"/>, or null.</summary>
    public static string? Parse(ReadOnlySpan<byte> body, string what, out JsonElement json) =>
        TryParseValue(body, what, "", out json) ?? (json.ValueKind is JsonValueKind.Object ? null : $"{what} must be a JSON object.");

    /// <summary>Parses any JSON value. Returns an error message that starts with <paramref name="what"/>, or null.</summary>
    /// <param name="body">The text.</param>
    /// <param name="what">The name of the JSON at the start of a sentence, such as <c>The body</c>.</param>
    /// <param name="path">The path of the value in a larger JSON; empty if there is none.</param>
    /// <param name="json">The value.</param>
    public static string? TryParseValue(ReadOnlySpan<byte> body, string what, string path, out JsonElement json)
    {
        json = default;
        if (!Utf8.IsValid(body) || body.StartsWith(ByteOrderMark)) return $"{what} must be UTF-8 without a byte order mark.";
        try
        {
            json = JsonElement.Parse(body, Strict);
            return null;
        }
        catch (JsonException exception) when (exception.LineNumber is not null && IsTooDeep(body))
        {
            return $"{what} is nested deeper than {MaxDepth} levels.";
        }
        catch (JsonException exception) when (exception.LineNumber is { } line)
        {
            return $"{what} is not valid JSON: line {line + 1}, byte {exception.BytePositionInLine + 1}.";
        }
        catch (JsonException)
        {
            // Only a duplicate field has no line number. Find out which one.
            return $"{what} has {(FindDuplicate(JsonElement.Parse(body), path) is { } field ? $"the field {field}" : "a field")} twice.";
        }
        catch (InvalidOperationException)
        {
            return $"{what} has a field name with an unpaired surrogate.";
        }
    }

    /// <summary>Returns whether the JSON, up to its first error, is nested deeper than the limit.</summary>
    private static bool IsTooDeep(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth >= MaxDepth && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) return true;
            }
        }
        catch (JsonException)
        {
            // The JSON is invalid before it is too deep.
        }

        return false;
    }

    /// <summary>Returns the path of a field that occurs twice with the same spelling; null if there is none.</summary>
    private static string? FindDuplicate(JsonElement json, string path)
    {
        if (json.ValueKind is JsonValueKind.Array) return json.EnumerateArray().Select((element, i) => FindDuplicate(element, $"{path}[{i}]")).FirstOrDefault(found => found is not null);
        if (json.ValueKind is not JsonValueKind.Object) return null;
        var names = new HashSet<string>();
        foreach (var field in json.EnumerateObject())
        {
            // Compare raw names: decoding a name with an unpaired surrogate throws.
            var name = Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(field));
            var fieldPath = path.Length > 0 ? $"{path}.{name}" : name;
            if (!names.Add(name)) return fieldPath;
            if (FindDuplicate(field.Value, fieldPath) is { } found) return found;
        }

        return null;
    }
}
