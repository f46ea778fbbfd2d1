using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChaserEmu.Domain;

namespace ChaserEmu.Http;

/// <summary>Writes an <see cref="ApiError"/> in the error envelope of the service.</summary>
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

        return response.WriteAsJsonAsync(error.ToEnvelope(), HttpJson.RelaxedEscaping.Error, cancellationToken: httpContext.RequestAborted);
    }
}

/// <summary>Serializes errors. Escapes only what JSON requires, so that quotes in messages stay readable; responses are never embedded in HTML.</summary>
internal static class HttpJson
{
    public static readonly ErrorJson RelaxedEscaping = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    public static Error ToEnvelope(this ApiError error) => new(new ErrorDetail(error.Code, error.Message));
}
