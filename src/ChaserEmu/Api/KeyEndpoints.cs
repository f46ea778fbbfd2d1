using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Time;

namespace ChaserEmu.Api;

/// <summary>What a key is made with. Every field may be left out, and the whole body too.</summary>
/// <param name="Name">For people; 1 to 128 characters.</param>
/// <param name="TestMode">Whether to make a <c>cha_test_</c> key.</param>
internal sealed record CreateKeyRequest(
    [property: StringLength(128, MinimumLength = 1), DefaultValue("default")] string Name = "default",
    [property: DefaultValue(false)] bool TestMode = false);

/// <summary>How a key is replaced.</summary>
/// <param name="GraceDays">Days for which the old key still works, 0 to 30.</param>
internal sealed record RotateKeyRequest([property: Range(0, 30), DefaultValue(7)] int GraceDays = 7);

/// <summary>A key, without its secret.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Name">For people.</param>
/// <param name="Prefix">The first 16 characters of the secret.</param>
/// <param name="CreatedAt">When it was made, or first seen.</param>
/// <param name="LastUsedAt">When it was last accepted.</param>
/// <param name="RevokedAt">From when on it is refused; in the future while a rotated key's grace lasts.</param>
internal sealed record Key(
    string Id,
    string Name,
    [property: RegularExpression(ApiKeySecret.PrefixPattern)] string Prefix,
    DateTimeOffset CreatedAt,
    DateTimeOffset? LastUsedAt,
    DateTimeOffset? RevokedAt)
{
    public static Key Of(ApiKey key) => new(key.Id, key.Name, key.Prefix, key.CreatedAt, key.LastUsedAt, key.RevokedAt);
}

/// <summary>The keys of a workspace.</summary>
/// <param name="Keys">Revoked ones too, oldest first.</param>
internal sealed record KeyList(IReadOnlyList<Key> Keys);

/// <summary>A new key, with its secret.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Name">For people.</param>
/// <param name="Prefix">The first 16 characters of the secret.</param>
/// <param name="Secret">The key itself, shown this once.</param>
/// <param name="CreatedAt">Now.</param>
internal sealed record NewKey(
    string Id,
    string Name,
    [property: RegularExpression(ApiKeySecret.PrefixPattern)] string Prefix,
    [property: RegularExpression(ApiKeySecret.GeneratedPattern)] string Secret,
    DateTimeOffset CreatedAt)
{
    public static NewKey Of((ApiKey Key, string Secret) made) => new(made.Key.Id, made.Key.Name, made.Key.Prefix, made.Secret, made.Key.CreatedAt);
}

/// <summary><c>/v1/keys</c>, for the dashboard's user.</summary>
internal static class KeyEndpoints
{
    private static readonly ApiError BadName = ApiError.InvalidRequest("name must be a string of 1 to 128 characters.");
    private static readonly ApiError BadMode = ApiError.InvalidRequest("test_mode must be true or false.");
    private static readonly ApiError BadGrace = ApiError.InvalidRequest("grace_days must be an integer from 0 to 30.");
    private static readonly ApiError NotYours = ApiError.Forbidden("This key belongs to another workspace.");
    private static readonly ApiError NoSuchKey = ApiError.NotFound with { Message = "Key not found." };

    public static void MapKeys(this RouteGroupBuilder dashboard)
    {
        var keys = dashboard.MapGroup("/keys").WithTags("Keys");

        keys.MapGet("", List)
            .WithName("listKeys")
            .WithSummary("List keys, oldest first")
            .Produces<KeyList>()
            .ProducesErrors(ApiError.Unauthorized);

        keys.MapPost("", CreateAsync)
            .WithName("createKey")
            .WithSummary("Create a key")
            .WithDescription("The secret is in this answer and nowhere else.")
            .AcceptsJson<CreateKeyRequest>()
            .Produces<NewKey>(StatusCodes.Status201Created)
            .ProducesErrors(BadName, BadMode, JsonBody.NotJson, ApiError.Unauthorized, ApiError.PayloadTooLarge);

        keys.MapDelete("/{id}", RevokeAsync)
            .WithName("revokeKey")
            .WithSummary("Revoke a key")
            .WithDescription("It is refused from now on; its open sessions go on. Revoking a revoked key changes nothing.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesErrors(ApiError.Unauthorized, NotYours, NoSuchKey);

        keys.MapPost("/{id}/rotate", RotateAsync)
            .WithName("rotateKey")
            .WithSummary("Replace a key")
            .WithDescription("Gives a new key of the same name and mode; the old one works until the grace ends. A revoked key cannot be rotated (404).")
            .AcceptsJson<RotateKeyRequest>()
            .Produces<NewKey>()
            .ProducesErrors(BadGrace, JsonBody.NotJson, ApiError.Unauthorized, NotYours, NoSuchKey, ApiError.PayloadTooLarge);
    }

    private static IResult List(HttpContext context, AccountRegistry accounts) =>
        TypedResults.Json(new KeyList([.. accounts.ListKeys(context.GetAccount().Workspace).Select(Key.Of)]), ApiJson.Default.KeyList);

    private static async Task<IResult> CreateAsync(HttpContext context, AccountRegistry accounts, AuditLog audit)
    {
        var (body, error) = await JsonBody.ReadAsync(context.Request);
        if (error is not null) return new ApiErrorResult(error);
        if (!body.TryGetString("name", 128, "default", out var name)) return new ApiErrorResult(BadName);
        if (!body.TryGetBoolean("test_mode", out var testMode)) return new ApiErrorResult(BadMode);

        var made = await accounts.CreateKeyAsync(context.GetAccount().Workspace, name, testMode);
        await audit.AddAsync(made.Key.Workspace, made.Key.CreatedAt, "key.created", made.Key.Id, name);
        return TypedResults.Json(NewKey.Of(made), ApiJson.Default.NewKey, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> RevokeAsync(string id, HttpContext context, AccountRegistry accounts, AuditLog audit, EmulatedClock clock)
    {
        var (key, error) = Find(id, context, accounts);
        if (key is null) return new ApiErrorResult(error!);
        var now = clock.GetUtcNow();
        if (await accounts.RevokeAsync(key, now)) await audit.AddAsync(key.Workspace, now, "key.revoked", key.Id, key.Name);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> RotateAsync(string id, HttpContext context, AccountRegistry accounts, AuditLog audit, EmulatedClock clock)
    {
        var (body, error) = await JsonBody.ReadAsync(context.Request);
        if (error is not null) return new ApiErrorResult(error);
        if (!body.TryGetInteger("grace_days", 0, 30, 7, out var days)) return new ApiErrorResult(BadGrace);
        var (key, refused) = Find(id, context, accounts);
        if (key is null) return new ApiErrorResult(refused!);
        if (!key.IsValid(clock.GetUtcNow())) return new ApiErrorResult(NoSuchKey);

        var made = await accounts.CreateKeyAsync(key.Workspace, key.Name, key.TestMode);
        await accounts.RevokeAsync(key, clock.GetUtcNow().AddDays(days));
        await audit.AddAsync(key.Workspace, made.Key.CreatedAt, "key.rotated", key.Id, made.Key.Id);
        return TypedResults.Json(NewKey.Of(made), ApiJson.Default.NewKey);
    }

    /// <summary>A key of the user's own workspace.</summary>
    private static (ApiKey? Key, ApiError? Error) Find(string id, HttpContext context, AccountRegistry accounts) => accounts.FindKey(id) switch
    {
        null => (null, NoSuchKey),
        { Workspace: var workspace } when workspace != context.GetAccount().Workspace => (null, NotYours),
        var key => (key, null),
    };
}
