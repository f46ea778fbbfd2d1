using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Journal;

namespace ChaserEmu.Api;

/// <summary>Authenticates <c>/v1</c> requests before anything else of them is read: by API key, or by cookie on dashboard routes.</summary>
internal static class ApiAuthentication
{
    public const string Cookie = AuthOptions.CookieName;
    private const string Bearer = "Bearer ";

    /// <summary>Requires <c>Authorization: Bearer</c> with a valid key. Documented.</summary>
    public static RouteGroupBuilder RequireKey(this RouteGroupBuilder group) => group.WithMetadata(OpenApiSecurityTransformer.ApiKeyScheme).AddEndpointFilter(async (invocation, next) =>
    {
        var context = invocation.HttpContext;
        var accounts = context.RequestServices.GetRequiredService<AccountRegistry>();
        if (await accounts.AuthenticateAsync(BearerToken(context.Request)) is not { } caller) return new ApiErrorResult(ApiError.Unauthorized);
        context.Features.Set(caller);
        if (CallDetails.Of(context) is { } details) (details.Key, details.Workspace) = (caller.Key, caller.Workspace);
        return await next(invocation);
    });

    /// <summary>Requires the cookie of a dashboard user; a key in <c>Authorization</c> is not accepted. Documented.</summary>
    public static RouteGroupBuilder RequireDashboardUser(this RouteGroupBuilder group) => group.WithMetadata(OpenApiSecurityTransformer.CookieScheme).AddEndpointFilter(async (invocation, next) =>
    {
        var context = invocation.HttpContext;
        var accounts = context.RequestServices.GetRequiredService<AccountRegistry>();
        if (await accounts.AuthenticateCookieAsync(context.Request.Cookies[Cookie]) is not { } account) return new ApiErrorResult(ApiError.Unauthorized);
        context.Features.Set(account);
        if (CallDetails.Of(context) is { } details) details.Workspace = account.Workspace;
        return await next(invocation);
    });

    public static Caller GetCaller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("This route does not require a key.");

    /// <summary>Gets the account of the dashboard user.</summary>
    public static Account GetAccount(this HttpContext context) =>
        context.Features.Get<Account>() ?? throw new InvalidOperationException("This route does not require the dashboard cookie.");

    private static string? BearerToken(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? header[Bearer.Length..].Trim(' ')
            : null;
}
