using System.Text.Json;
using ChaserEmu.Accounts;
using ChaserEmu.Faults;
using ChaserEmu.Http;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/faults</c>: what is to go wrong, rule by rule.</summary>
internal static class FaultEndpoints
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static void MapFaults(this RouteGroupBuilder control)
    {
        var faults = control.MapGroup("/faults");
        faults.MapPost("", AddAsync);
        faults.MapGet("", (FaultRegistry plan) => TypedResults.Json(new FaultList([.. plan.Rules.All.Select(FaultResource.Of)]), FaultJson.Default.FaultList));
        faults.MapGet("/{id}", (string id, FaultRegistry plan) =>
            plan.Find(id) is { } rule ? TypedResults.Json(FaultResource.Of(rule), FaultJson.Default.FaultResource) : Unknown(id));
        faults.MapDelete("/{id}", (string id, FaultRegistry plan) => plan.Remove(rule => rule.Id == id) > 0 ? TypedResults.NoContent() : Unknown(id));
        faults.MapDelete("", (FaultRegistry plan) =>
        {
            plan.Remove(_ => true);
            return TypedResults.NoContent();
        });
    }

    /// <summary>One rule, or an array of them, of which all are put in force or none.</summary>
    private static async Task<IResult> AddAsync(HttpContext context, FaultRegistry plan, AccountRegistry accounts, ApiRoutes routes)
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
            return ControlRequestReader.Problem("The body must be a rule or an array of rules in JSON, no field twice, such as {\"effect\": {\"type\": \"reset\"}}.");
        }

        using (json)
        {
            var many = json.RootElement.ValueKind is JsonValueKind.Array;
            if (many && json.RootElement.GetArrayLength() == 0) return ControlRequestReader.Problem("The array has no rule; to take all rules out of force, DELETE /_emu/faults.");
            var drafts = new List<FaultDefinition>();
            foreach (var element in many ? [.. json.RootElement.EnumerateArray()] : new[] { json.RootElement })
            {
                var (draft, fault) = await FaultRequestReader.ReadAsync(element, accounts, routes);
                if (draft is null) return ControlRequestReader.Problem(many ? $"Rule {drafts.Count + 1} of the array: {fault}" : fault!);
                drafts.Add(draft);
            }

            FaultResource[] added = [.. plan.Add(drafts).Select(FaultResource.Of)];
            return many
                ? TypedResults.Json(added, FaultJson.Default.FaultResourceArray, statusCode: StatusCodes.Status201Created)
                : TypedResults.Json(added[0], FaultJson.Default.FaultResource, statusCode: StatusCodes.Status201Created);
        }
    }

    private static IResult Unknown(string id) =>
        TypedResults.Problem($"There is no fault rule {id}; GET /_emu/faults lists those in force.", statusCode: StatusCodes.Status404NotFound);
}
