using System.Net.Http.Headers;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Api;

/// <summary>Lets a request of <c>/v1</c> in by its <c>Authorization: Bearer</c> key, before anything else of it is read.</summary>
internal static class ApiAuthentication
{
    public static RouteGroupBuilder RequireKey(this RouteGroupBuilder group) => group.AddEndpointFilter(async (invocation, next) =>
    {
        var context = invocation.HttpContext;
        var keys = context.RequestServices.GetRequiredService<KeyRing>();
        if (keys.Find(BearerToken(context.Request)) is not { } caller) return new ApiErrorResult(ApiError.Unauthorized);
        context.Features.Set(caller);
        return await next(invocation);
    });

    public static Caller Caller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("This route does not require a key.");

    private static string? BearerToken(HttpRequest request) =>
        request.Headers.Authorization is [{ } header]
        && AuthenticationHeaderValue.TryParse(header, out var value)
        && string.Equals(value.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase)
            ? value.Parameter
            : null;
}
