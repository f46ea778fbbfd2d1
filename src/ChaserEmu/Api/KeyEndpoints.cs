using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Api;

/// <summary><c>/v1/keys</c>, for dashboard users.</summary>
internal static class KeyEndpoints
{
    private static readonly ApiError BadName = ApiError.InvalidRequest("name must be a string of 1 to 128 characters.");
    private static readonly ApiError BadMode = ApiError.InvalidRequest("test_mode must be true or false.");
    private static readonly ApiError BadGrace = ApiError.InvalidRequest("grace_days must be an integer from 0 to 30.");

    public static void MapKeys(this RouteGroupBuilder dashboard)
    {
        var keys = dashboard.MapGroup("/keys").WithTags("Keys");

        keys.MapGet("", List)
            .WithName("listKeys")
            .WithSummary("List keys")
            .WithDescription("Lists all keys of the workspace including revoked ones, oldest first.")
            .Produces<KeyList>()
            .ProducesErrors(ApiError.Unauthorized);

        keys.MapPost("", CreateAsync)
            .WithName("createKey")
            .WithSummary("Create a key")
            .WithDescription("Creates a key and returns its secret. The secret is shown only in this response.")
            .AcceptsJson<CreateKeyRequest>()
            .Produces<NewKey>(StatusCodes.Status201Created)
            .ProducesErrors(BadName, BadMode, ApiError.Unauthorized).ProducesErrors(JsonBody.Errors);

        keys.MapDelete("/{id}", RevokeAsync)
            .WithName("revokeKey")
            .WithSummary("Revoke a key")
            .WithDescription("Revokes the key immediately. Its open sessions continue. Revoking a revoked key has no effect.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesErrors(ApiError.Unauthorized, ApiError.KeyForbidden, ApiError.KeyNotFound);

        keys.MapPost("/{id}/rotate", RotateAsync)
            .WithName("rotateKey")
            .WithSummary("Rotate a key")
            .WithDescription("Creates a new key with the same name and mode. The old key stays valid until the grace period ends. Returns 404 if the key is already rotated or revoked.")
            .AcceptsJson<RotateKeyRequest>()
            .Produces<NewKey>()
            .ProducesErrors(BadGrace, ApiError.Unauthorized, ApiError.KeyForbidden, ApiError.KeyNotFound, ApiError.KeyRevoked).ProducesErrors(JsonBody.Errors);
    }

    private static IResult List(HttpContext context, AccountRegistry accounts) =>
        TypedResults.Json(new KeyList([.. accounts.ListKeys(context.GetAccount().Workspace).Select(ToResource)]), KeysJson.Default.KeyList);

    private static async Task<IResult> CreateAsync(HttpContext context, AccountRegistry accounts)
    {
        var (body, error) = await JsonBody.ReadAsync(context.Request);
        if (error is not null) return new ApiErrorResult(error);
        if (!body.TryGetString("name", 128, "default", out var name)) return new ApiErrorResult(BadName);
        if (!body.TryGetBoolean("test_mode", out var testMode)) return new ApiErrorResult(BadMode);

        var (created, removed) = await accounts.CreateKeyAsync(context.GetAccount(), name, testMode);
        if (created is null) return new ApiErrorResult(removed!);
        return TypedResults.Json(ToResource(created), KeysJson.Default.NewKey, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> RevokeAsync(string id, HttpContext context, AccountRegistry accounts) =>
        await accounts.RevokeKeyAsync(context.GetAccount(), id) is { } error ? new ApiErrorResult(error) : TypedResults.NoContent();

    private static async Task<IResult> RotateAsync(string id, HttpContext context, AccountRegistry accounts)
    {
        var (body, error) = await JsonBody.ReadAsync(context.Request);
        if (error is not null) return new ApiErrorResult(error);
        if (!body.TryGetInteger("grace_days", 0, 30, 7, out var days)) return new ApiErrorResult(BadGrace);

        var (created, refused) = await accounts.RotateKeyAsync(context.GetAccount(), id, TimeSpan.FromDays(days));
        if (created is null) return new ApiErrorResult(refused!);
        return TypedResults.Json(ToResource(created), KeysJson.Default.NewKey);
    }

    private static Key ToResource(ApiKey key) => new(key.Id, key.Name, key.Prefix, key.CreatedAt, key.LastUsedAt, key.RevokedAt);

    private static NewKey ToResource(CreatedKey created) => new(created.Key.Id, created.Key.Name, created.Key.Prefix, created.Secret, created.Key.CreatedAt);
}
