using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChaserEmu.Domain;

namespace ChaserEmu.Http;

/// <summary>What went wrong.</summary>
/// <param name="Code">For programs; one of the documented codes.</param>
/// <param name="Message">For people.</param>
internal sealed record ErrorDetail(string Code, string Message);

/// <summary>Every error of the API has this form.</summary>
internal sealed record Error([property: JsonPropertyName("error")] ErrorDetail Detail)
{
    public static Error Of(ApiError error) => new(new ErrorDetail(error.Code, error.Message));
}

/// <summary>Answers with an entry of the error catalogue in the service's envelope.</summary>
internal sealed class ApiErrorResult(ApiError error) : IResult, IStatusCodeHttpResult
{
    public int? StatusCode => error.Status;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = error.Status;
        if (error.Status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
        if (error.RetryAfter is { } wait) response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (error.Status == StatusCodes.Status426UpgradeRequired)
        {
            response.Headers.Upgrade = "websocket";
            response.Headers.SecWebSocketVersion = "13";
        }

        return response.WriteAsJsonAsync(Error.Of(error), HttpJson.RelaxedEscaping.Error, cancellationToken: httpContext.RequestAborted);
    }
}

[JsonSerializable(typeof(Error))]
internal sealed partial class HttpJson : JsonSerializerContext
{
    /// <summary>Quotes and apostrophes in messages stay what they are: nothing of ours is ever pasted into HTML.</summary>
    public static readonly HttpJson RelaxedEscaping = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
