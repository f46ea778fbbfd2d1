using System.Text.Json;
using ChaserEmu.Domain;

namespace ChaserEmu.Api;

/// <summary>Reads request bodies. Every fault names what is wrong and what it must be.</summary>
internal static class JsonBody
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };
    public static readonly ApiError NotJson = ApiError.InvalidRequest("Content-Type must be application/json.");

    private static readonly JsonElement Empty = JsonElement.Parse("{}");

    /// <summary>The body as a JSON object, or the error to answer. No body at all is an empty object.</summary>
    public static async Task<(JsonElement Body, ApiError? Error)> ReadAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        try
        {
            await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        }
        catch (BadHttpRequestException fault) when (fault.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (default, ApiError.PayloadTooLarge);
        }
        catch (BadHttpRequestException)
        {
            return (default, ApiError.InvalidRequest("The request body could not be read: its framing is broken or it ended early."));
        }

        if (body.Length == 0) return (Empty, null);
        if (!request.HasJsonContentType()) return (default, NotJson);
        try
        {
            using var json = JsonDocument.Parse(body.GetBuffer().AsMemory(0, (int)body.Length), Strict);
            return json.RootElement.ValueKind is JsonValueKind.Object
                ? (json.RootElement.Clone(), null)
                : (default, ApiError.InvalidRequest("The body must be a JSON object."));
        }
        catch (JsonException fault)
        {
            return (default, ApiError.InvalidRequest($"The body is not valid JSON: line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}."));
        }
    }

    /// <summary>A string field of 1 to <paramref name="longest"/> characters; false when it is there and is something else.</summary>
    public static bool TryGetText(this JsonElement body, string field, int longest, string fallback, out string value)
    {
        value = fallback;
        if (!body.TryGetProperty(field, out var element)) return true;
        if (element.ValueKind is not JsonValueKind.String || element.GetString() is not { Length: >= 1 } text || text.Length > longest) return false;
        value = text;
        return true;
    }

    /// <summary>An integer field as JSON Schema means it (1800.0 is one; 1800.5 and "1800" are not); false when it is there and is something else.</summary>
    public static bool TryGetInteger(this JsonElement body, string field, int least, int most, int fallback, out int value)
    {
        value = fallback;
        if (!body.TryGetProperty(field, out var element)) return true;
        if (element.ValueKind is not JsonValueKind.Number || !element.TryGetDecimal(out var number)) return false;
        if (number < least || number > most || number != decimal.Truncate(number)) return false;
        value = (int)number;
        return true;
    }

    /// <summary>A boolean field, false unless given; false when it is there and is something else.</summary>
    public static bool TryGetFlag(this JsonElement body, string field, out bool value)
    {
        value = false;
        if (!body.TryGetProperty(field, out var element)) return true;
        value = element.ValueKind is JsonValueKind.True;
        return element.ValueKind is JsonValueKind.True or JsonValueKind.False;
    }
}
