using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace ChaserEmu.Api;

/// <summary>Parses session requests.</summary>
internal static class SessionRequestReader
{
    /// <summary>The query parameters of paged operations.</summary>
    public static readonly string[] PageParameters = ["limit", "cursor"];

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
        var (limits, cursors) = (ReadQuery(request, "limit"), ReadQuery(request, "cursor"));
        if (limits.Count > 0
            && !(limits is [var text]
                && text.All(char.IsAsciiDigit)
                && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                && limit is >= 1 and <= 100))
        {
            error = BadLimit;
        }
        else if (cursors.Count > 0)
        {
            if (cursors is [var cursor] && SessionCursor.TryDecode(cursor, out var last)) before = last;
            else error = BadCursor;
        }

        return error is null;
    }

    /// <summary>Returns the names of all query parameters.</summary>
    public static List<string> ReadQueryNames(HttpRequest request)
    {
        var names = new List<string>();
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value)) names.Add(pair.DecodeName().ToString());
        return names;
    }

    /// <summary>Returns the values of a parameter. Names are case-sensitive, which they are not in <see cref="HttpRequest.Query"/>.</summary>
    private static List<string> ReadQuery(HttpRequest request, string name)
    {
        var values = new List<string>();
        foreach (var pair in new QueryStringEnumerable(request.QueryString.Value))
        {
            if (pair.DecodeName().Span.SequenceEqual(name)) values.Add(pair.DecodeValue().ToString());
        }

        return values;
    }
}
