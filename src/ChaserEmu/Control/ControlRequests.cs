using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ChaserEmu.Control;

/// <summary>Reads the bodies of the control plane; what is wrong with one is said in ProblemDetails.</summary>
internal static class ControlRequests
{
    public static async Task<(T? Body, IResult? Problem)> ReadAsync<T>(this HttpRequest request, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            var body = await JsonSerializer.DeserializeAsync(request.Body, type, request.HttpContext.RequestAborted);
            return body is null ? (null, Problem("The body must be a JSON object.")) : (body, null);
        }
        catch (JsonException fault)
        {
            return (null, Problem(fault.Message));
        }
    }

    public static IResult Problem(string detail) => TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest);
}
