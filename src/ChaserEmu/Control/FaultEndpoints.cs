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
        var group = control.MapGroup("/faults").WithTags("Faults");
        group.MapPost("", AddAsync)
            .WithName("addFaults")
            .WithSummary("Add fault rules")
            .WithDescription("Adds one rule, or an array of rules, after the existing ones. Of an array, either all rules are added or none. Rules are tried in order; the first one that fires is applied, alone.")
            .AcceptsJson<FaultRequest>(required: true, orArray: true)
            .Produces<FaultResource>(StatusCodes.Status201Created)
            .WithProblem(400, "effect.seconds must be from 0 to 3600.");
        group.MapGet("", (FaultRegistry faults) => TypedResults.Json(new FaultList([.. faults.Rules.Select(FaultMapping.ToResource)]), FaultsJson.Default.FaultList))
            .WithName("listFaults")
            .WithSummary("List the fault rules")
            .WithDescription("Returns the active rules in the order in which they are tried, with how often they matched and fired.")
            .Produces<FaultList>();
        group.MapGet("/{id}", Get)
            .WithName("getFault")
            .WithSummary("Get a fault rule")
            .WithDescription("Returns a rule with how often it matched and fired.")
            .Produces<FaultResource>()
            .WithProblem(404, "There is no fault rule fault_1. GET /_emu/faults lists the active rules.");
        group.MapDelete("/{id}", Delete)
            .WithName("deleteFault")
            .WithSummary("Delete a fault rule")
            .WithDescription("Deletes a rule and releases what it holds: delayed requests, stalled frames, slow connections, frozen browsers.")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblem(404, "There is no fault rule fault_1. GET /_emu/faults lists the active rules.");
        group.MapDelete("", DeleteAll)
            .WithName("deleteFaults")
            .WithSummary("Delete all fault rules")
            .WithDescription("Deletes all rules and releases what they hold.")
            .Produces(StatusCodes.Status204NoContent);
    }

    private static IResult Get(string id, FaultRegistry faults) =>
        faults.Find(id) is { } rule ? TypedResults.Json(rule.ToResource(), FaultsJson.Default.FaultResource) : NotFound(id);

    private static IResult Delete(string id, FaultRegistry faults) => faults.Remove(rule => rule.Id == id) > 0 ? TypedResults.NoContent() : NotFound(id);

    private static IResult DeleteAll(FaultRegistry faults)
    {
        faults.Remove(_ => true);
        return TypedResults.NoContent();
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

            FaultResource[] added = [.. faults.Add(definitions).Select(FaultMapping.ToResource)];
            return isArray
                ? TypedResults.Json(added, FaultsJson.Default.FaultResourceArray, statusCode: StatusCodes.Status201Created)
                : TypedResults.Json(added[0], FaultsJson.Default.FaultResource, statusCode: StatusCodes.Status201Created);
        }
    }

    private static IResult NotFound(string id) =>
        TypedResults.Problem($"There is no fault rule {id}. GET /_emu/faults lists the active rules.", statusCode: StatusCodes.Status404NotFound);
}
