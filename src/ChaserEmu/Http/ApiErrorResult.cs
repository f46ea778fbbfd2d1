using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using ChaserEmu.Domain;

namespace ChaserEmu.Http;

/// <summary>Writes an <see cref="ApiError"/> in the error envelope of the service.</summary>
/// <param name="error">The error.</param>
/// <param name="status">The HTTP status; by default that of the error's code.</param>
internal sealed class ApiErrorResult(ApiError error, int? status = null) : IResult, IStatusCodeHttpResult
{
    private readonly int _status = status ?? error.GetStatus();

    public int? StatusCode => _status;

    /// <summary>Gets the whole seconds of <c>Retry-After</c>; null without that header.</summary>
    public double? RetryAfterSeconds => error.RetryAfter is { } wait ? Math.Max(1, Math.Ceiling(wait.TotalSeconds)) : null;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = _status;
        if (_status == StatusCodes.Status401Unauthorized) response.Headers.WWWAuthenticate = GetChallenge(httpContext);
        if (RetryAfterSeconds is { } seconds) response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (_status == StatusCodes.Status426UpgradeRequired)
        {
            response.Headers.Upgrade = "websocket";
            response.Headers.SecWebSocketVersion = "13";
        }

        return response.WriteAsJsonAsync(error.ToEnvelope(), HttpJson.RelaxedEscaping.Error, cancellationToken: httpContext.RequestAborted);
    }

    private static string GetChallenge(HttpContext context) => context.GetEndpoint()?.Metadata.GetMetadata<SecuritySchemeMetadata>()?.Challenge ?? "Bearer";
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
