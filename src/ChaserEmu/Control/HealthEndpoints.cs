using ChaserEmu.Browsers;
using ChaserEmu.Sessions;
using ChaserEmu.Storage;

namespace ChaserEmu.Control;

/// <summary>Whether the emulator can serve, and what it still waits for.</summary>
internal sealed record Health(string Status, IReadOnlyList<string> Waiting);

/// <summary><c>/livez</c>: the process answers. <c>/readyz</c>: the database is open, the last run's sessions are closed, and a browser has answered.</summary>
internal static class HealthEndpoints
{
    /// <summary>People read this on a terminal: apostrophes and quotes stay what they are.</summary>
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/livez", () => Answer([])).ExcludeFromDescription();
        app.MapGet("/readyz", Ready).ExcludeFromDescription();
    }

    private static IResult Ready(DatabaseInitializer database, SessionSupervisor supervisor, BrowserPool browsers)
    {
        var waiting = new List<string>();
        if (!database.IsReady) waiting.Add("the database is being opened");
        if (!supervisor.HasRecovered) waiting.Add("sessions of the last run are being closed");
        if (!browsers.FirstBrowserReady.IsCompletedSuccessfully) waiting.Add(browsers.LastFailure ?? "no browser has answered yet");
        return Answer(waiting);
    }

    private static IResult Answer(IReadOnlyList<string> waiting) => TypedResults.Json(
        new Health(waiting.Count == 0 ? "ok" : "unavailable", waiting),
        ControlJson.Readable.Health,
        statusCode: waiting.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
}
