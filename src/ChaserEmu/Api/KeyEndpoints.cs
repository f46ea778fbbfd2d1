using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Api;

/// <summary>Parameters of a new key. All fields and the body are optional.</summary>
/// <param name="Name">The display name, 1 to 128 characters.</param>
/// <param name="TestMode">Whether to create a test-mode key (<c>cha_test_</c>).</param>
internal sealed record CreateKeyRequest(
    [property: StringLength(128, MinimumLength = 1), DefaultValue("default")] string Name = "default",
    [property: DefaultValue(false)] bool TestMode = false);

/// <summary>Parameters of a key rotation. All fields and the body are optional.</summary>
/// <param name="GraceDays">How many days the old key stays valid, 0 to 30.</param>
internal sealed record RotateKeyRequest([property: Range(0, 30), DefaultValue(7)] int GraceDays = 7);

/// <summary>An API key, without its secret.</summary>
/// <param name="Id">The id of the key, a UUID.</param>
/// <param name="Name">The display name.</param>
/// <param name="Prefix">The first 16 characters of the secret.</param>
/// <param name="CreatedAt">When the key was created, or first used. Times of keys have no fractional digits.</param>
/// <param name="LastUsedAt">When the key was last used; null if never.</param>
/// <param name="RevokedAt">When the key becomes invalid; in the future during the grace period of a rotated key. Null if it is not revoked.</param>
internal sealed record Key(
    [property: RegularExpression(KeyId.Pattern)] string Id,
    string Name,
    [property: RegularExpression(ApiKeySecret.PrefixPattern)] string Prefix,
    [property: JsonConverter(typeof(SecondsTimestampConverter))] DateTimeOffset CreatedAt,
    [property: JsonConverter(typeof(SecondsTimestampConverter))] DateTimeOffset? LastUsedAt,
    [property: JsonConverter(typeof(SecondsTimestampConverter))] DateTimeOffset? RevokedAt)
{
    public static Key Of(ApiKey key) => new(key.Id, key.Name, key.Prefix, key.CreatedAt, key.LastUsedAt, key.RevokedAt);
}

/// <summary>The keys of a workspace.</summary>
/// <param name="Keys">All keys including revoked ones, oldest first.</param>
internal sealed record KeyList(IReadOnlyList<Key> Keys);

/// <summary>A new API key, with its secret.</summary>
/// <param name="Id">The id of the key, a UUID.</param>
/// <param name="Name">The display name.</param>
/// <param name="Prefix">The first 16 characters of the secret.</param>
/// <param name="Secret">The full key. It is shown only once.</param>
/// <param name="CreatedAt">When the key was created, without fractional digits.</param>
internal sealed record NewKey(
    [property: RegularExpression(KeyId.Pattern)] string Id,
    string Name,
    [property: RegularExpression(ApiKeySecret.PrefixPattern)] string Prefix,
    [property: RegularExpression(ApiKeySecret.GeneratedPattern)] string Secret,
    [property: JsonConverter(typeof(SecondsTimestampConverter))] DateTimeOffset CreatedAt)
{
    public static NewKey Of(CreatedKey created) => new(created.Key.Id, created.Key.Name, created.Key.Prefix, created.Secret, created.Key.CreatedAt);
}

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
        TypedResults.Json(new KeyList([.. accounts.ListKeys(context.GetAccount().Workspace).Select(Key.Of)]), ApiJson.Default.KeyList);

    private static async Task<IResult> CreateAsync(HttpContext context, AccountRegistry accounts)
    {
        var (body, error) = await JsonBody.ReadAsync(context.Request);
        if (error is not null) return new ApiErrorResult(error);
        if (!body.TryGetString("name", 128, "default", out var name)) return new ApiErrorResult(BadName);
        if (!body.TryGetBoolean("test_mode", out var testMode)) return new ApiErrorResult(BadMode);

        var (created, removed) = await accounts.CreateKeyAsync(context.GetAccount(), name, testMode);
        if (created is null) return new ApiErrorResult(removed!);
        return TypedResults.Json(NewKey.Of(created), ApiJson.Default.NewKey, statusCode: StatusCodes.Status201Created);
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
        return TypedResults.Json(NewKey.Of(created), ApiJson.Default.NewKey);
    }
}
