using System.Text.Json;
using ChaserEmu.Accounts;
using ChaserEmu.Faults;
using ChaserEmu.Http;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/faults</c>: adds, lists and removes fault rules.</summary>
internal static class FaultEndpoints
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static void MapFaults(this RouteGroupBuilder control)
    {
        var group = control.MapGroup("/faults");
        group.MapPost("", AddAsync);
        group.MapGet("", (FaultRegistry faults) => TypedResults.Json(new FaultList([.. faults.Rules.Select(FaultResource.Of)]), FaultJson.Default.FaultList));
        group.MapGet("/{id}", (string id, FaultRegistry faults) =>
            faults.Find(id) is { } rule ? TypedResults.Json(FaultResource.Of(rule), FaultJson.Default.FaultResource) : NotFound(id));
        group.MapDelete("/{id}", (string id, FaultRegistry faults) => faults.Remove(rule => rule.Id == id) > 0 ? TypedResults.NoContent() : NotFound(id));
        group.MapDelete("", (FaultRegistry faults) =>
        {
            faults.Remove(_ => true);
            return TypedResults.NoContent();
        });
    }

    /// <summary>Adds one rule, or an array of rules. Of an array, either all rules are added or none.</summary>
    private static async Task<IResult> AddAsync(HttpContext context, FaultRegistry faults, AccountRegistry accounts, ApiRoutes routes)
    {
        var (bytes, error) = await context.Request.ReadBodyAsync();
        if (error is not null) return ControlRequestReader.Problem(error);
        JsonDocument json;
        try
        {
            json = JsonDocument.Parse(bytes, Strict);
        }
        catch (JsonException)
        {
            return ControlRequestReader.Problem("The body must be valid JSON without duplicate fields: one rule such as {\"effect\": {\"type\": \"reset\"}}, or an array of rules.");
        }

        using (json)
        {
            var isArray = json.RootElement.ValueKind is JsonValueKind.Array;
            if (isArray && json.RootElement.GetArrayLength() == 0) return ControlRequestReader.Problem("The array is empty. To remove all rules, use DELETE /_emu/faults.");
            var definitions = new List<FaultDefinition>();
            foreach (var element in isArray ? [.. json.RootElement.EnumerateArray()] : new[] { json.RootElement })
            {
                var (definition, invalid) = await FaultRequestReader.ReadAsync(element, accounts, routes);
                if (definition is null) return ControlRequestReader.Problem(isArray ? $"Rule {definitions.Count + 1} of the array: {invalid}" : invalid!);
                definitions.Add(definition);
            }

            FaultResource[] added = [.. faults.Add(definitions).Select(FaultResource.Of)];
            return isArray
                ? TypedResults.Json(added, FaultJson.Default.FaultResourceArray, statusCode: StatusCodes.Status201Created)
                : TypedResults.Json(added[0], FaultJson.Default.FaultResource, statusCode: StatusCodes.Status201Created);
        }
    }

    private static IResult NotFound(string id) =>
        TypedResults.Problem($"There is no fault rule {id}. GET /_emu/faults lists the active rules.", statusCode: StatusCodes.Status404NotFound);
}
