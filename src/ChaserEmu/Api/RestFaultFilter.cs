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
        var call = new RestCall(rule, invocation, next);
        await ((IRestFault)rule.Fault).ApplyAsync(call);
        return call.Result;
    }

    private static FaultContext CreateContext(HttpContext context) => new(
        context.Features.Get<Caller>()?.Workspace ?? context.GetAccount().Workspace,
        SessionId.TryParse(context.Request.RouteValues["id"] as string, out var session) ? session : null)
    {
        Method = context.Request.Method,
        Route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText,
        Path = context.Request.Path,
    };

    private sealed class RestCall(FaultRule rule, EndpointFilterInvocationContext invocation, EndpointFilterDelegate next) : IRestCall
    {
        /// <summary>Gets the result that the filter returns. The default is an empty response.</summary>
        public object? Result { get; private set; } = Results.Empty;

        public Task DelayAsync(TimeSpan delay) => Task.WhenAny(rule.Removed, Task.Delay(delay, TimeProvider.System, invocation.HttpContext.RequestAborted));

        public async ValueTask FailAsync(ApiError error)
        {
            // What is wrong with the body does not matter: the fault decides the answer.
            await invocation.HttpContext.Request.ReadBodyAsync();
            Result = new ApiErrorResult(error);
        }

        public void Reset() => invocation.HttpContext.ResetConnection();

        public async ValueTask HandleAsync() => Result = await next(invocation);

        public async ValueTask HandleTruncatedAsync() => Result = new TruncatedResult((IResult)(await next(invocation))!);
    }
}
