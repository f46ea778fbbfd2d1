using ChaserEmu.Accounts;
using ChaserEmu.Http;
using ChaserEmu.Sessions;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/reset</c>: removes all data, or the data of one workspace.</summary>
internal static class ResetEndpoints
{
    public static void MapReset(this RouteGroupBuilder control) => control.MapPost("/reset", ResetAsync)
        .WithTags("State")
        .WithName("reset")
        .WithSummary("Reset everything or one workspace")
        .WithDescription(
            "Ends the sessions, waits until no process, profile folder or socket of them is left, and deletes their data, fault rules and journal entries. "
            + "Without a body it resets everything, including the clock.")
        .AcceptsJson<ResetRequest>()
        .Produces<ResetOutcome>()
        .WithProblem(400, "key must be cha_live_ or cha_test_ and 1–128 letters, digits, - or _, such as cha_test_my-laptop.")
        .WithProblem(404, ControlRequestReader.GetMissingWorkspaceError(ControlRequestReader.ExampleWorkspace));

    private static async Task<IResult> ResetAsync(HttpContext context, StateReset stateReset, AccountRegistry accounts, CancellationToken cancellationToken)
    {
        var (request, problem) = await context.Request.ReadAsync(ResetJson.Default.ResetRequest, optional: true);
        if (problem is not null) return problem;
        if (request is null or { Key: null, Workspace: null }) return ToResult(await stateReset.ResetAllAsync(cancellationToken));
        if (ControlRequestReader.ReadWorkspace("", request.Key, request.Workspace, accounts, out var workspace) is { } error) return ControlRequestReader.Problem(error);
        if (workspace is { } known && accounts.Find(known) is { } account) return ToResult(await stateReset.ResetAsync(account, cancellationToken));

        // A valid key that was never used has an empty workspace: there is nothing to reset, and that is not an error.
        return request.Key is not null ? ToResult(new ResetResult(0, 0))
            : TypedResults.Problem(ControlRequestReader.GetMissingWorkspaceError(request.Workspace!), statusCode: StatusCodes.Status404NotFound);
    }

    private static IResult ToResult(ResetResult result) =>
        ControlJson.ToResult(new ResetOutcome(result.Workspaces, result.Sessions));
}
