using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using Microsoft.Extensions.Primitives;

namespace ChaserEmu.Api;

/// <summary>Reads what clients send about sessions. Every fault names the field and what it must be.</summary>
internal static class SessionRequests
{
    public static readonly ApiError BadTtl = ApiError.InvalidRequest(
        $"ttl_seconds must be an integer from {CreateSessionRequest.ShortestTtl} to {CreateSessionRequest.LongestTtl}.");

    public static readonly ApiError BadLimit = ApiError.InvalidRequest("limit must be an integer from 1 to 100.");

    /// <summary>The body of a creation, or the error to answer. No body at all means all defaults; unknown fields are ignored.</summary>
    public static async Task<(CreateSessionRequest? Request, ApiError? Error)> ReadCreateAsync(HttpRequest request)
    {
        var (body, error) = await request.ReadBodyAsync();
        if (error is not null) return (null, error);
        if (body.IsEmpty) return (new CreateSessionRequest(), null);
        if (!request.HasJsonContentType()) return (null, ApiError.InvalidRequest("Content-Type must be application/json."));
        if (!JsonBody.TryParse(body, out var json, out error)) return (null, error);
        using (json) return Validate(json.RootElement);
    }

    /// <summary>The page a list asks for, or the error to answer.</summary>
    public static bool TryReadPage(HttpRequest request, out int limit, out SessionId? before, [NotNullWhen(false)] out ApiError? error)
    {
        (limit, before, error) = (20, null, null);
        if (request.Query.TryGetValue("limit", out var limits)
            && !(Single(limits) is { } text
                && text.All(char.IsAsciiDigit)
                && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                && limit is >= 1 and <= 100))
        {
            error = BadLimit;
        }
        else if (request.Query.TryGetValue("cursor", out var cursors))
        {
            if (Single(cursors) is { } cursor && SessionCursor.TryDecode(cursor, out var last)) before = last;
            else error = ApiError.InvalidRequest("cursor must be the next_cursor of an earlier page.");
        }

        return error is null;
    }

    private static string? Single(StringValues values) => values.Count == 1 ? values[0] : null;

    private static (CreateSessionRequest?, ApiError?) Validate(JsonElement body)
    {
        var profile = CreateSessionRequest.DefaultProfile;
        if (body.TryGetProperty("profile", out var label) && !TryGetProfile(label, out profile))
            return (null, ApiError.InvalidRequest("profile must be a string of 1 to 128 characters."));

        var ttl = CreateSessionRequest.DefaultTtl;
        if (body.TryGetProperty("ttl_seconds", out var seconds) && !TryGetTtl(seconds, out ttl)) return (null, BadTtl);

        return (new CreateSessionRequest(profile, ttl), null);
    }

    /// <summary>An integer as JSON Schema means it: 1800.0 is one, 1800.5 and "1800" are not.</summary>
    private static bool TryGetTtl(JsonElement value, out int ttl)
    {
        ttl = 0;
        if (value.ValueKind is not JsonValueKind.Number || !value.TryGetDecimal(out var number)) return false;
        if (number is < CreateSessionRequest.ShortestTtl or > CreateSessionRequest.LongestTtl || number != decimal.Truncate(number)) return false;
        ttl = (int)number;
        return true;
    }

    private static bool TryGetProfile(JsonElement value, out string profile)
    {
        try
        {
            profile = value.ValueKind is JsonValueKind.String ? value.GetString()! : "";
            return profile.EnumerateRunes().Count() is >= 1 and <= 128;
        }
        catch (InvalidOperationException)
        {
            // It escapes half a surrogate pair.
            profile = "";
            return false;
        }
    }
}
