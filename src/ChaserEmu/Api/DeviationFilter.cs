using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Journal;

namespace ChaserEmu.Api;

/// <summary>Reports what a client sends or does beside the contract, apart from its body, or refuses it (<see cref="RequestOptions.Deviations"/>).</summary>
internal static class DeviationFilter
{
    /// <summary>Adds the filter. Call it after the authentication filter: a client is known by its key.</summary>
    public static RouteGroupBuilder WithDeviationCheck(this RouteGroupBuilder group) => group.AddEndpointFilter(async (invocation, next) =>
    {
        var context = invocation.HttpContext;
        if (CallDetails.Of(context) is not { ReportsDeviations: true } details) return await next(invocation);

        var pace = context.RequestServices.GetRequiredService<ClientPace>();
        if ((CheckParameters(context, details) ?? pace.Check(context, details)) is { } refused) return new ApiErrorResult(refused);
        var answer = await next(invocation);
        pace.Record(context, details, answer);
        return answer;
    });

    private static ApiError? CheckParameters(HttpContext context, CallDetails details)
    {
        if (!context.Request.QueryString.HasValue) return null;
        var known = context.GetEndpoint()?.Metadata.OfType<ParameterGroup>().Contains(ParameterGroup.Page) is true ? SessionRequestReader.PageParameters : [];
        var advice = known.Length > 0 ? $"The parameters are {string.Join(", ", known)}." : "The operation has no parameters.";
        return details.AddUnknownNames(DeviationKind.UnknownParameter, "The query has the unknown parameter", SessionRequestReader.ReadQueryNames(context.Request), known, advice);
    }
}
