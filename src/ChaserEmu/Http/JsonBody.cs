using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using ChaserEmu.Domain;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Http;

/// <summary>The body of a request that was read, for who looks at the request afterwards.</summary>
internal sealed record BufferedRequestBody(ReadOnlyMemory<byte> Bytes);

/// <summary>Reads bodies as JSON objects. What is wrong with one is said so that its author can mend it.</summary>
internal static class JsonBody
{
    public static readonly ApiError NotJson = ApiError.InvalidRequest("Content-Type must be application/json.");

    private const long LargestDrained = 16 * 1024 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static readonly JsonElement Empty = JsonElement.Parse("{}");

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The body of an API request as a JSON object, or the error to answer. No body at all, and the null that generated clients send for one, are an empty object.</summary>
    public static async Task<(JsonElement Body, ApiError? Error)> ReadAsync(HttpRequest request)
    {
        var (body, error) = await request.ReadBodyAsync();
        if (error is not null) return (default, error);
        if (body.IsEmpty) return (Empty, null);
        if (!request.HasJsonContentType()) return (default, NotJson);
        if (body.Span.Trim(" \t\r\n"u8).SequenceEqual("null"u8)) return (Empty, null);
        return TryParse(body, out var json, out error) ? (json, null) : (default, error);
    }

    /// <summary>The whole body, or the error to answer.</summary>
    public static async Task<(ReadOnlyMemory<byte> Body, ApiError? Error)> ReadBodyAsync(this HttpRequest request)
    {
        if (await IsDrainedAsync(request)) return (default, ApiError.PayloadTooLarge);
        var body = new MemoryStream();
        try
        {
            await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
            var bytes = body.GetBuffer().AsMemory(0, (int)body.Length);
            request.HttpContext.Features.Set(new BufferedRequestBody(bytes));
            return (bytes, null);
        }
        catch (BadHttpRequestException fault) when (fault.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (default, ApiError.PayloadTooLarge);
        }
        catch (BadHttpRequestException)
        {
            return (default, ApiError.InvalidRequest("The request body could not be read: its framing is broken or it ended early."));
        }
    }

    /// <summary>
    /// Whether a body says that it is too large, and was read to its end for nothing. A client that still sends when the connection is closed
    /// sees it broken, and often no answer. Not of one that waits to be told to go on, nor of one that would go on for long.
    /// </summary>
    private static async Task<bool> IsDrainedAsync(HttpRequest request)
    {
        var limit = request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (limit is not { IsReadOnly: false } || !(request.ContentLength > limit.MaxRequestBodySize) || request.ContentLength > LargestDrained || request.Headers.Expect.Count > 0) return false;
        limit.MaxRequestBodySize = LargestDrained;
        await request.Body.CopyToAsync(Stream.Null, request.HttpContext.RequestAborted);
        return true;
    }

    /// <summary>The body as a JSON object whose fields all have names of their own, or the error to answer.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> body, out JsonElement json, [NotNullWhen(false)] out ApiError? error)
    {
        error = Parse(body.Span, "The body", out json) is { } fault ? ApiError.InvalidRequest(fault) : null;
        return error is null;
    }

    /// <summary>Reads a JSON object, and says what is wrong with it, if anything is; <paramref name="what"/> it is begins the sentence.</summary>
    public static string? Parse(ReadOnlySpan<byte> body, string what, out JsonElement json)
    {
        json = default;
        if (!Utf8.IsValid(body) || body.StartsWith(ByteOrderMark)) return $"{what} must be UTF-8 without a byte order mark.";
        try
        {
            json = JsonElement.Parse(body, Strict);
            return json.ValueKind is JsonValueKind.Object ? null : $"{what} must be a JSON object.";
        }
        catch (JsonException fault) when (fault.LineNumber is { } line)
        {
            return $"{what} is not valid JSON: line {line + 1}, byte {fault.BytePositionInLine + 1}.";
        }
        catch (JsonException)
        {
            // Only a repeated field has no place: which one it is, is looked for only now.
            return $"{what} has {(Repeated(JsonElement.Parse(body), "") is { } field ? $"the field {field}" : "a field")} twice.";
        }
        catch (InvalidOperationException)
        {
            return $"{what} has a field whose name escapes half a surrogate pair.";
        }
    }

    /// <summary>A field that is there twice, written the same, as a path; null when there is none.</summary>
    private static string? Repeated(JsonElement json, string path)
    {
        if (json.ValueKind is JsonValueKind.Array) return json.EnumerateArray().Select((each, i) => Repeated(each, $"{path}[{i}]")).FirstOrDefault(found => found is not null);
        if (json.ValueKind is not JsonValueKind.Object) return null;
        var names = new HashSet<string>();
        foreach (var field in json.EnumerateObject())
        {
            // As it is written: a name that escapes half a surrogate pair cannot be read.
            var name = Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8PropertyName(field));
            var at = path.Length > 0 ? $"{path}.{name}" : name;
            if (!names.Add(name)) return at;
            if (Repeated(field.Value, at) is { } found) return found;
        }

        return null;
    }
}
