using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Api;

/// <summary><c>/v1/billing</c>, for dashboard users.</summary>
internal static class BillingEndpoints
{
    private static readonly ApiError BadAmount = ApiError.InvalidRequest(
        $"amount_usd must be an integer from {TopupRequest.MinAmountUsd} to {TopupRequest.MaxAmountUsd}.");

    public static void MapBilling(this RouteGroupBuilder dashboard) => dashboard.MapPost("/billing/topup", TopUpAsync)
        .WithTags("Billing")
        .WithName("topUp")
        .WithSummary("Top up the balance")
        .WithDescription("Creates a checkout and returns its URL. The amount is credited when it is paid on the checkout page.")
        .AcceptsJson<TopupRequest>(required: true)
        .Produces<Checkout>()
        .ProducesErrors(BadAmount, ApiError.Unauthorized).ProducesErrors(JsonBody.Errors);

    private static async Task<IResult> TopUpAsync(HttpContext context, TopupRegistry topups, PublicUrlBuilder address)
    {
        var (body, error) = await JsonBody.ReadAsync(context.Request);
        if (error is not null) return new ApiErrorResult(error);
        if (!body.TryGetProperty("amount_usd", out _) || !body.TryGetInteger("amount_usd", TopupRequest.MinAmountUsd, TopupRequest.MaxAmountUsd, 0, out var amount))
            return new ApiErrorResult(BadAmount);

        var (token, removed) = await topups.CreateAsync(context.GetAccount(), amount);
        if (token is null) return new ApiErrorResult(removed!);
        return TypedResults.Json(new Checkout(address.GetCheckoutUrl(context.Request, token)), BillingJson.Default.Checkout);
    }
}
