using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/workspaces</c>: shows all workspaces with their keys, and sets balances and limits.</summary>
internal static class WorkspaceEndpoints
{
    private const string InvalidConcurrent = "limits.concurrent must be 0 (no limit) or more, or null for the value of Limits:Concurrent.";
    private const string InvalidCreatesPerMinute = "limits.creates_per_minute must be 0 (no limit) or more, or null for the value of Limits:CreatesPerMinute.";

    /// <summary>The limit of state files, too.</summary>
    private const long MaxBalance = StateImporter.MaxBalance;

    private static readonly string MissingExample = ControlRequestReader.GetMissingWorkspaceError(ControlRequestReader.ExampleWorkspace);

    public static void MapWorkspaces(this RouteGroupBuilder control)
    {
        var workspaces = control.MapGroup("/workspaces").WithTags("Workspaces");
        workspaces.MapGet("", List)
            .WithName("listWorkspaces")
            .WithSummary("List workspaces")
            .WithDescription("Returns all workspaces with their keys, newest first. To get the next page, send `next_cursor` of the previous page as `cursor`.")
            .WithQueryParameters(Paging.Limit, Paging.Cursor)
            .Produces<WorkspaceInspectionList>()
            .WithProblem(400, Paging.Limit.RangeError);
        workspaces.MapGet("/{id}", (string id, AccountRegistry accounts) => Find(id, accounts) is { } account ? ControlJson.ToResult(Inspect(account, accounts)) : NotFound(id))
            .WithName("getWorkspace")
            .WithSummary("Get a workspace")
            .WithDescription("Returns a workspace with its keys.")
            .Produces<WorkspaceInspection>()
            .WithProblem(404, MissingExample);
        workspaces.MapPut("/{id}", PutAsync)
            .WithName("updateWorkspace")
            .WithSummary("Set the balance or the limits of a workspace")
            .WithDescription("Sets the fields that are given. Limits apply until the workspace is reset, or the emulator restarts. Open sessions stay open.")
            .AcceptsJson<UpdateWorkspaceRequest>(required: true)
            .Produces<WorkspaceInspection>()
            .WithProblem(400, InvalidConcurrent)
            .WithProblem(404, MissingExample);
    }

    private static IResult List(HttpRequest request, AccountRegistry accounts)
    {
        if (!Paging.Limit.TryRead(request, out var limit)) return ControlRequestReader.Problem(Paging.Limit.RangeError);
        var all = accounts.All.OrderByDescending(account => account.CreatedAt).ThenByDescending(account => account.Workspace.Value, StringComparer.Ordinal).ToList();
        var start = 0;
        if ((string?)request.Query["cursor"] is { } cursor && (start = all.FindIndex(account => account.Workspace.Value == cursor) + 1) == 0) return ControlRequestReader.Problem(Paging.InvalidCursor);
        var page = all.Skip(start).Take(limit).ToList();
        return ControlJson.ToResult(new WorkspaceInspectionList([.. page.Select(account => Inspect(account, accounts))], start + page.Count < all.Count ? page[^1].Workspace.Value : null));
    }

    private static async Task<IResult> PutAsync(string id, HttpContext context, AccountRegistry accounts)
    {
        var (bytes, invalidBody) = await context.Request.ReadBodyAsync();
        if (invalidBody is not null || !JsonBody.TryParse(bytes, out var json, out invalidBody)) return ControlRequestReader.Problem(invalidBody);
        var (request, error) = StrictJsonReader.Read(json, WorkspacesJson.Default.UpdateWorkspaceRequest, "The body");
        if (request is null || (error = Validate(request)) is not null) return ControlRequestReader.Problem(error!);
        if (Find(id, accounts) is not { } account) return NotFound(id);

        // null means the value of the setting, which is not the same as a field that is not given.
        bool IsGiven(string limit) => request.Limits is not null && json.GetProperty("limits").TryGetProperty(limit, out _);
        var updated = await accounts.UpdateAsync(account, request.BalanceMicroUsd, (present, initial) => new WorkspaceLimits(
            IsGiven("concurrent") ? request.Limits!.Concurrent ?? initial.Concurrent : present.Concurrent,
            IsGiven("creates_per_minute") ? request.Limits!.CreatesPerMinute ?? initial.CreatesPerMinute : present.CreatesPerMinute));
        return updated is null ? NotFound(id) : ControlJson.ToResult(Inspect(updated, accounts));
    }

    private static string? Validate(UpdateWorkspaceRequest request) =>
        request.BalanceMicroUsd is < -MaxBalance or > MaxBalance ? $"balance_micro_usd must be from {-MaxBalance} to {MaxBalance}."
        : request.Limits?.Concurrent < 0 ? InvalidConcurrent
        : request.Limits?.CreatesPerMinute < 0 ? InvalidCreatesPerMinute
        : null;

    private static Account? Find(string id, AccountRegistry accounts) => accounts.Find(new WorkspaceId(id));

    private static IResult NotFound(string id) => TypedResults.Problem(ControlRequestReader.GetMissingWorkspaceError(id), statusCode: StatusCodes.Status404NotFound);

    private static WorkspaceInspection Inspect(Account account, AccountRegistry accounts) => new(
        account.Workspace.Value,
        account.CreatedAt,
        account.BalanceMicroUsd,
        accounts.FreeCreditMicroUsd,
        account.OpenSessions,
        account.Limits,
        [.. accounts.ListKeys(account.Workspace).Select(key => new WorkspaceKey(key.Id, key.Name, key.Prefix, key.TestMode, key.CreatedAt, key.LastUsedAt, key.RevokedAt))]);
}
