using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChaserEmu.Domain;

namespace ChaserEmu.Http;

/// <summary>Details of an error.</summary>
/// <param name="Code">A machine-readable error code.</param>
/// <param name="Message">A human-readable message.</param>
internal sealed record ErrorDetail(string Code, string Message);

/// <summary>An error response.</summary>
internal sealed record Error([property: JsonPropertyName("error")] ErrorDetail Detail)
{
    public static Error Of(ApiError error) => new(new ErrorDetail(error.Code, error.Message));
}

/// <summary>Writes an <see cref="ApiError"/> in the error envelope of the service.</summary>
/// <param name="error">The error.</param>
/// <param name="status">The HTTP status; by default that of the error's code.</param>
internal sealed class ApiErrorResult(ApiError error, int? status = null) : IResult, IStatusCodeHttpResult
{
    private readonly int _status = status ?? error.GetStatus();

    public int? StatusCode => _status;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = _status;
        if (_status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = "Bearer";
        if (error.RetryAfter is { } wait) response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (_status == StatusCodes.Status426UpgradeRequired)
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
    /// <summary>Escapes only what JSON requires, so that quotes in messages stay readable. Responses are never embedded in HTML.</summary>
    public static readonly HttpJson RelaxedEscaping = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
