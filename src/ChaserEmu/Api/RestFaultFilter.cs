using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Http;

namespace ChaserEmu.Api;

/// <summary>Injects faults into authenticated <c>/v1</c> requests. An affected response has the rule id in <c>x-chaser-emu-fault</c>.</summary>
internal static class RestFaultFilter
{
    public const string Header = "x-chaser-emu-fault";

    /// <summary>Adds the filter. Call it after the authentication filter: rules match by workspace.</summary>
    public static RouteGroupBuilder WithFaultInjection(this RouteGroupBuilder group)
    {
        // Resolved at the first request: the settings that it needs are not validated yet.
        group.AddEndpointFilterFactory((factory, next) =>
        {
            var faults = factory.ApplicationServices.GetRequiredService<FaultRegistry>();
            return invocation => faults.HasRules(FaultSite.Rest) ? RunAsync(faults, invocation, next) : next(invocation);
        });
        return group;
    }

    private static async ValueTask<object?> RunAsync(FaultRegistry faults, EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        if (faults.Acquire(FaultSite.Rest, CreateContext(context)) is not { } rule) return await next(invocation);

        context.Response.Headers[Header] = rule.Id;
        switch (rule.Effect)
        {
            case RestStatusFault status:
                return new ApiErrorResult(status.ToError());
            case RestUnavailableFault unavailable:
                return new ApiErrorResult(new ApiError("unavailable", "The service is temporarily unavailable.") { RetryAfter = TimeSpan.FromSeconds(unavailable.RetryAfter) });
            case RestResetFault:
                context.ResetConnection();
                return Results.Empty;
            case RestTruncateFault:
                return new TruncatedResult((IResult)(await next(invocation))!);
            case RestDelayFault delay:
                await Task.WhenAny(rule.Removed, Task.Delay(TimeSpan.FromSeconds(delay.Seconds), TimeProvider.System, context.RequestAborted));
                return await next(invocation);
            default:
                throw new InvalidOperationException($"{rule.Effect} is not a fault effect of REST requests.");
        }
    }

    private static FaultContext CreateContext(HttpContext context) => new(
        context.Features.Get<Caller>()?.Workspace ?? context.GetAccount().Workspace,
        SessionId.TryParse(context.Request.RouteValues["id"] as string, out var session) ? session : null)
    {
        Method = context.Request.Method,
        Route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText,
        Path = context.Request.Path,
    };
}
