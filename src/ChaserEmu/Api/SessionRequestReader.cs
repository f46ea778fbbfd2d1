using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using Microsoft.Extensions.Primitives;

namespace ChaserEmu.Api;

/// <summary>Parses session requests.</summary>
internal static class SessionRequestReader
{
    public static readonly ApiError BadTtl = ApiError.InvalidRequest(
        $"ttl_seconds must be an integer from {CreateSessionRequest.MinTtlSeconds} to {CreateSessionRequest.MaxTtlSeconds}.");

    public static readonly ApiError BadLimit = ApiError.InvalidRequest("limit must be an integer from 1 to 100.");

    public static readonly ApiError BadCursor = ApiError.InvalidRequest("cursor must be the next_cursor of an earlier page.");

    public static readonly ApiError BadProfile = ApiError.InvalidRequest("profile must be a string of 1 to 128 characters.");

    /// <summary>Reads the body of a creation, or returns the error for the response. An empty body means all defaults; unknown fields are ignored.</summary>
    public static async Task<(CreateSessionRequest? Request, ApiError? Error)> ReadCreateAsync(HttpRequest request)
    {
        var (body, error) = await JsonBody.ReadAsync(request);
        if (error is not null) return (null, error);
        if (!body.TryGetString("profile", 128, CreateSessionRequest.DefaultProfile, out var profile)) return (null, BadProfile);
        return body.TryGetInteger("ttl_seconds", CreateSessionRequest.MinTtlSeconds, CreateSessionRequest.MaxTtlSeconds, CreateSessionRequest.DefaultTtlSeconds, out var ttl)
            ? (new CreateSessionRequest(profile, ttl), null)
            : (null, BadTtl);
    }

    /// <summary>Reads <c>limit</c> and <c>cursor</c>, or returns the error for the response.</summary>
    public static bool TryReadPage(HttpRequest request, out int limit, out SessionId? before, [NotNullWhen(false)] out ApiError? error)
    {
        (limit, before, error) = (20, null, null);
        if (request.Query.TryGetValue("limit", out var limits)
            && !(GetSingle(limits) is { } text
                && text.All(char.IsAsciiDigit)
                && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                && limit is >= 1 and <= 100))
        {
            error = BadLimit;
        }
        else if (request.Query.TryGetValue("cursor", out var cursors))
        {
            if (GetSingle(cursors) is { } cursor && SessionCursor.TryDecode(cursor, out var last)) before = last;
            else error = BadCursor;
        }

        return error is null;
    }

    private static string? GetSingle(StringValues values) => values.Count == 1 ? values[0] : null;
}
