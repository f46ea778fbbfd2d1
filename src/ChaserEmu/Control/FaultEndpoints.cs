using System.Text.Json;
using ChaserEmu.Accounts;
using ChaserEmu.Faults;
using ChaserEmu.Http;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/faults</c>: adds, lists and removes fault rules.</summary>
internal static class FaultEndpoints
{
    private static readonly string MissingExample = GetMissingError("fault_1");
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    public static void MapFaults(this RouteGroupBuilder control)
    {
        var group = control.MapGroup("/faults").WithTags("Faults");
        group.MapPost("", AddAsync)
            .WithName("addFaults")
            .WithSummary("Add fault rules")
            .WithDescription("Adds one rule, an array of rules, or the rules of a preset after the existing ones. Of an array or preset, either all rules are added or none, and the response is an array. Rules are tried in order; the first one that fires is applied, alone.")
            .AcceptsJson<FaultRequest>(required: true, orArray: true, alternative: typeof(FaultPresetRequest))
            .Produces<FaultResource>(StatusCodes.Status201Created)
            .WithProblem(400, "effect.seconds must be from 0 to 3600.");
        group.MapGet("", (FaultRegistry faults) => TypedResults.Json(new FaultList([.. faults.Rules.Select(FaultMapping.ToResource)]), FaultsJson.Default.FaultList))
            .WithName("listFaults")
            .WithSummary("List the fault rules")
            .WithDescription("Returns the rules in the order in which they are tried, disabled ones included, with how often they matched and fired.")
            .Produces<FaultList>();
        group.MapGet("/presets", () => TypedResults.Json(FaultPresets.List, FaultsJson.Default.FaultPresetList))
            .WithName("listFaultPresets")
            .WithSummary("List the presets")
            .WithDescription("Returns the presets: rules that reproduce an incident. Add one with `POST /_emu/faults` and `{\"preset\": \"name\"}`.")
            .Produces<FaultPresetList>();
        group.MapGet("/{id}", Get)
            .WithName("getFault")
            .WithSummary("Get a fault rule")
            .WithDescription("Returns a rule with how often it matched and fired.")
            .Produces<FaultResource>()
            .WithProblem(404, MissingExample);
        group.MapPatch("/{id}", UpdateAsync)
            .WithName("updateFault")
            .WithSummary("Enable or disable a fault rule")
            .WithDescription("Disables a rule and releases what it holds, as when it is deleted. Or enables it: it is then tried after all other rules, also by open sessions and connections. Id and counts are kept.")
            .AcceptsJson<UpdateFaultRequest>(required: true)
            .Produces<FaultResource>()
            .WithProblem(400, "enabled must be true or false.")
            .WithProblem(404, MissingExample);
        group.MapDelete("/{id}", Delete)
            .WithName("deleteFault")
            .WithSummary("Delete a fault rule")
            .WithDescription("Deletes a rule and releases what it holds: delayed requests, stalled frames, slow connections, frozen browsers.")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblem(404, MissingExample);
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

    private static async Task<IResult> UpdateAsync(string id, HttpContext context, FaultRegistry faults)
    {
        var (request, problem) = await context.Request.ReadAsync(FaultsJson.Default.UpdateFaultRequest);
        if (request is null) return problem!;
        return faults.SetEnabled(id, request.Enabled) is { } rule ? TypedResults.Json(rule.ToResource(), FaultsJson.Default.FaultResource) : NotFound(id);
    }

    /// <summary>Adds one rule, an array of rules, or a preset. Of an array or preset, either all rules are added or none.</summary>
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
            if (json.RootElement.ValueKind is JsonValueKind.Object && json.RootElement.TryGetProperty("preset", out _)) return await AddPresetAsync(json.RootElement, faults, accounts, routes);
            if (json.RootElement.ValueKind is JsonValueKind.Array)
                return json.RootElement.GetArrayLength() == 0 ? ControlRequestReader.Problem("The array is empty. To remove all rules, use DELETE /_emu/faults.")
                    : await AddAllAsync(json.RootElement.EnumerateArray(), "array", faults, accounts, routes);
            var (definition, invalid) = await FaultRequestReader.ReadAsync(json.RootElement, accounts, routes);
            return definition is null ? ControlRequestReader.Problem(invalid!)
                : TypedResults.Json(faults.Add([definition])[0].ToResource(), FaultsJson.Default.FaultResource, statusCode: StatusCodes.Status201Created);
        }
    }

    private static async Task<IResult> AddPresetAsync(JsonElement json, FaultRegistry faults, AccountRegistry accounts, ApiRoutes routes)
    {
        var (request, error) = StrictJsonReader.Read(json, FaultsJson.Default.FaultPresetRequest, "A preset");
        if (request is null) return ControlRequestReader.Problem(error!);
        if (FaultPresets.Find(request.Preset) is not { } preset)
            return ControlRequestReader.Problem($"preset must be one of: {string.Join(", ", FaultPresets.List.Presets.Select(known => known.Name))}.");
        return await AddAllAsync(preset.Rules.Select(rule => JsonSerializer.SerializeToElement(rule.WithMatch(request.Match), FaultsJson.Default.FaultRequest)), "preset", faults, accounts, routes);
    }

    /// <summary>Adds all rules of a list, or none if one is invalid.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="list">What the list is, for errors.</param>
    /// <param name="faults">Receives the rules.</param>
    /// <param name="accounts">Resolves the keys.</param>
    /// <param name="routes">The routes that rules can match.</param>
    private static async Task<IResult> AddAllAsync(IEnumerable<JsonElement> rules, string list, FaultRegistry faults, AccountRegistry accounts, ApiRoutes routes)
    {
        var definitions = new List<FaultDefinition>();
        foreach (var rule in rules)
        {
            var (definition, invalid) = await FaultRequestReader.ReadAsync(rule, accounts, routes);
            if (definition is null) return ControlRequestReader.Problem($"Rule {definitions.Count + 1} of the {list}: {invalid}");
            definitions.Add(definition);
        }

        return TypedResults.Json([.. faults.Add(definitions).Select(FaultMapping.ToResource)], FaultsJson.Default.FaultResourceArray, statusCode: StatusCodes.Status201Created);
    }

    private static string GetMissingError(string id) => $"There is no fault rule {id}. GET /_emu/faults lists the rules.";

    private static IResult NotFound(string id) => TypedResults.Problem(GetMissingError(id), statusCode: StatusCodes.Status404NotFound);
}
