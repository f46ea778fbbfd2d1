using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Http;

namespace ChaserEmu.Api;

/// <summary>Puts faults into requests of <c>/v1</c> that were let in. What a fault made or changed says so in <c>x-chaser-emu-fault</c>.</summary>
internal static class RestFaultFilter
{
    public const string Header = "x-chaser-emu-fault";

    /// <summary>Comes after what lets requests in, which says whose they are.</summary>
    public static RouteGroupBuilder WithFaultInjection(this RouteGroupBuilder group)
    {
        var plan = ((IEndpointRouteBuilder)group).ServiceProvider.GetRequiredService<FaultRegistry>();
        group.AddEndpointFilter((invocation, next) => plan.Rules.GetBySite(FaultSite.Rest).IsEmpty ? next(invocation) : RunAsync(plan, invocation, next));
        return group;
    }

    private static async ValueTask<object?> RunAsync(FaultRegistry plan, EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        if (plan.Acquire(FaultSite.Rest, SubjectOf(context)) is not { } rule) return await next(invocation);

        context.Response.Headers[Header] = rule.Id;
        switch (rule.Effect)
        {
            case StatusFault status:
                return new ApiErrorResult(status.Error);
            case UnavailableFault unavailable:
                return new ApiErrorResult(new ApiError(503, "unavailable", "The service is unavailable for now.") { RetryAfter = TimeSpan.FromSeconds(unavailable.RetryAfter) });
            case ResetFault:
                context.ResetConnection();
                return Results.Empty;
            case TruncateFault:
                return new TruncatedResult((IResult)(await next(invocation))!);
            case DelayFault delay:
                await Task.WhenAny(rule.Removed, Task.Delay(TimeSpan.FromSeconds(delay.Seconds), TimeProvider.System, context.RequestAborted));
                return await next(invocation);
            default:
                throw new InvalidOperationException($"{rule.Effect} is no fault of a request.");
        }
    }

    private static FaultContext SubjectOf(HttpContext context) => new(
        context.Features.Get<Caller>()?.Workspace ?? context.GetAccount().Workspace,
        SessionId.TryParse(context.Request.RouteValues["id"] as string, out var session) ? session : null)
    {
        Method = context.Request.Method,
        Route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText,
        Path = context.Request.Path,
    };
}
