using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Journal;

namespace ChaserEmu.Api;

/// <summary>Authenticates <c>/v1</c> requests before anything else of them is read: by API key, or by cookie on dashboard routes.</summary>
internal static class ApiAuthentication
{
    public const string Cookie = AuthOptions.CookieName;

    /// <summary>The header of a 401 that says why. The body is the same for all causes, as the service sends it.</summary>
    public const string HintHeader = "x-chaser-emu-hint";

    private const string Bearer = "Bearer ";

    /// <summary>Requires <c>Authorization: Bearer</c> with a valid key. Documented.</summary>
    public static RouteGroupBuilder RequireKey(this RouteGroupBuilder group) => group.WithMetadata(OpenApiSecurityTransformer.ApiKeyScheme).AddEndpointFilter(async (invocation, next) =>
    {
        var context = invocation.HttpContext;
        var accounts = context.RequestServices.GetRequiredService<AccountRegistry>();
        if (await accounts.AuthenticateAsync(BearerToken(context.Request)) is not { } caller) return Refuse(context, ExplainKey(context.Request, accounts));
        context.Features.Set(caller);
        if (CallDetails.Of(context) is { } details) (details.Key, details.Workspace) = (caller.Key, caller.Workspace);
        return await next(invocation);
    });

    /// <summary>Requires the cookie of a dashboard user; a key in <c>Authorization</c> is not accepted. Documented.</summary>
    public static RouteGroupBuilder RequireDashboardUser(this RouteGroupBuilder group) => group.WithMetadata(OpenApiSecurityTransformer.CookieScheme).AddEndpointFilter(async (invocation, next) =>
    {
        var context = invocation.HttpContext;
        var accounts = context.RequestServices.GetRequiredService<AccountRegistry>();
        if (await accounts.AuthenticateCookieAsync(context.Request.Cookies[Cookie]) is not { } account) return Refuse(context, ExplainCookie(context.Request, accounts));
        context.Features.Set(account);
        if (CallDetails.Of(context) is { } details) details.Workspace = account.Workspace;
        return await next(invocation);
    });

    public static Caller GetCaller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("This route does not require a key.");

    /// <summary>Gets the account of the dashboard user.</summary>
    public static Account GetAccount(this HttpContext context) =>
        context.Features.Get<Account>() ?? throw new InvalidOperationException("This route does not require the dashboard cookie.");

    private static ApiErrorResult Refuse(HttpContext context, string hint)
    {
        context.Response.Headers[HintHeader] = hint;
        if (CallDetails.Of(context) is { } details) details.Hint = hint;
        return new ApiErrorResult(ApiError.Unauthorized);
    }

    private static string ExplainKey(HttpRequest request, AccountRegistry accounts) => request.Headers.Authorization switch
    {
        [] when request.Cookies.ContainsKey(Cookie) => $"This route needs an API key, not the cookie {Cookie}: send 'Authorization: Bearer {AccountRegistry.UnseededExampleKey}'.",
        [] => $"No API key was sent: send 'Authorization: Bearer {AccountRegistry.UnseededExampleKey}'.",
        [{ } header] when header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) => accounts.ExplainRejection(BearerToken(request)),
        [{ } _] => "The header Authorization does not begin with 'Bearer '.",
        _ => "The header Authorization was sent more than once.",
    };

    private static string ExplainCookie(HttpRequest request, AccountRegistry accounts) => request.Cookies[Cookie] switch
    {
        null or "" when request.Headers.Authorization.Count > 0 => $"This route needs the cookie {Cookie}, not a key in Authorization: send 'Cookie: {Cookie}=' and the value of Auth:DashboardCookie, or a key.",
        null or "" => $"No cookie was sent: send 'Cookie: {Cookie}=' and the value of Auth:DashboardCookie, or a key.",
        var value => $"The cookie {Cookie} is not the value of Auth:DashboardCookie, and no accepted key. {accounts.ExplainRejection(value)}",
    };

    private static string? BearerToken(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? header[Bearer.Length..].Trim(' ')
            : null;
}
