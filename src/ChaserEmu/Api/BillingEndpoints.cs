using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Api;

/// <summary>An amount to add to the balance.</summary>
/// <param name="AmountUsd">The amount in whole US dollars, at least 10.</param>
internal sealed record TopupRequest([property: JsonRequired, Range(TopupRequest.MinAmountUsd, TopupRequest.MaxAmountUsd)] int AmountUsd)
{
    public const int MinAmountUsd = 10;
    public const int MaxAmountUsd = 100_000;
}

/// <summary>A pending payment.</summary>
/// <param name="CheckoutUrl">The URL of the checkout page. Opening it credits the workspace.</param>
internal sealed record Checkout([property: Url] string CheckoutUrl);

/// <summary><c>/v1/billing</c>, for dashboard users.</summary>
internal static class BillingEndpoints
{
    private static readonly ApiError BadAmount = ApiError.InvalidRequest(
        $"amount_usd must be an integer from {TopupRequest.MinAmountUsd} to {TopupRequest.MaxAmountUsd}.");

    public static void MapBilling(this RouteGroupBuilder dashboard) => dashboard.MapPost("/billing/topup", TopUpAsync)
        .WithTags("Billing")
        .WithName("topUp")
        .WithSummary("Top up the balance")
        .WithDescription("Creates a checkout and returns its URL. The amount is credited when the checkout page is opened.")
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
        return TypedResults.Json(new Checkout(address.GetCheckoutUrl(context.Request, token)), ApiJson.Default.Checkout);
    }
}
