using ChaserEmu.Accounts;
using ChaserEmu.Sessions;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/reset</c>: removes all data, or the data of one workspace.</summary>
internal static class ResetEndpoints
{
    public static void MapReset(this RouteGroupBuilder control) => control.MapPost("/reset", ResetAsync);

    private static async Task<IResult> ResetAsync(HttpContext context, StateReset stateReset, AccountRegistry accounts, CancellationToken cancellationToken)
    {
        var (request, problem) = await context.Request.ReadAsync(ControlJson.Default.ResetRequest, optional: true);
        if (problem is not null) return problem;
        if (request is null or { Key: null, Workspace: null }) return ToResult(await stateReset.ResetAllAsync(cancellationToken));
        if (ControlRequestReader.ReadWorkspace("", request.Key, request.Workspace, accounts, out var workspace) is { } error) return ControlRequestReader.Problem(error);
        if (workspace is { } known && accounts.Find(known) is { } account) return ToResult(await stateReset.ResetAsync(account, cancellationToken));

        // A valid key that was never used has an empty workspace: there is nothing to reset, and that is not an error.
        return request.Key is not null ? ToResult(new ResetResult(0, 0))
            : TypedResults.Problem($"There is no workspace {request.Workspace}. GET /_emu/sessions/{{id}} shows the workspace of a session.", statusCode: StatusCodes.Status404NotFound);
    }

    private static IResult ToResult(ResetResult result) =>
        TypedResults.Json(new ResetResource(result.Workspaces, result.Sessions), ControlJson.Readable.ResetResource);
}
