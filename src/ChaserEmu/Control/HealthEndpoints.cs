using System.Text.Json.Serialization;
using ChaserEmu.Browsers;
using ChaserEmu.Sessions;
using ChaserEmu.Storage;

namespace ChaserEmu.Control;

/// <summary>Whether the emulator is ready, and what it is waiting for.</summary>
internal sealed record Health(string Status, IReadOnlyList<string> Waiting);

/// <summary>
/// <c>/livez</c>: the process responds. <c>/readyz</c>: the database can be used, the sessions of the last run are closed, no reset of everything
/// is running, and a browser has started.
/// </summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/livez", () => ToResult([])).ExcludeFromDescription();
        app.MapGet("/readyz", ReadyAsync).ExcludeFromDescription();
    }

    private static async Task<IResult> ReadyAsync(DatabaseInitializer database, StorageProbe storage, SessionSupervisor supervisor, StateReset reset, IBrowserSource browsers)
    {
        var waiting = new List<string>();
        if (!database.IsReady) waiting.Add("the database is being opened");
        else if (await storage.GetProblemAsync() is { } problem) waiting.Add(problem);
        if (!supervisor.HasRecovered) waiting.Add("sessions of the last run are being closed");
        if (reset.IsResettingAll) waiting.Add("all workspaces are being reset, or a state is being imported");
        if (!browsers.FirstBrowserReady.IsCompletedSuccessfully) waiting.Add(browsers.LastFailure ?? "no browser has answered yet");
        return ToResult(waiting);
    }

    private static IResult ToResult(IReadOnlyList<string> waiting) => ControlJson.ToResult(
        new Health(waiting.Count == 0 ? "ok" : "unavailable", waiting),
        waiting.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Health))]
internal sealed partial class HealthJson : JsonSerializerContext;
