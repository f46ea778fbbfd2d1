using ChaserEmu.Accounts;
using ChaserEmu.Sessions;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/reset</c>: everything, or one workspace, as if nothing had ever been done.</summary>
internal static class ResetEndpoints
{
    public static void MapReset(this RouteGroupBuilder control) => control.MapPost("/reset", ResetAsync);

    private static async Task<IResult> ResetAsync(HttpContext context, StateReset slate, AccountRegistry accounts)
    {
        var (asked, problem) = await context.Request.ReadAsync(ControlJson.Default.ResetRequest, optional: true);
        if (problem is not null) return problem;
        if (asked is null or { Key: null, Workspace: null }) return Answer(await slate.ResetAllAsync());
        if (ControlRequestReader.ReadWorkspace("", asked.Key, asked.Workspace, accounts, out var workspace) is { } fault) return ControlRequestReader.Problem(fault);
        if (workspace is { } known && accounts.Find(known) is { } account) return Answer(await slate.ResetAsync(account));

        // A key that was never used has a workspace in which nothing was done.
        return asked.Key is not null ? Answer(new ResetResult(0, 0))
            : TypedResults.Problem($"There is no workspace {asked.Workspace}; GET /_emu/sessions/{{id}} shows whose a session is.", statusCode: StatusCodes.Status404NotFound);
    }

    private static IResult Answer(ResetResult outcome) =>
        TypedResults.Json(new ResetResource(outcome.Workspaces, outcome.Sessions), ControlJson.Readable.ResetResource);
}
