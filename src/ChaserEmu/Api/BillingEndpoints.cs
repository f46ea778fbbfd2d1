using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Api;

/// <param name="AmountUsd">Whole US dollars, 10 or more.</param>
internal sealed record TopupRequest([property: System.Text.Json.Serialization.JsonRequired] int AmountUsd);

/// <param name="CheckoutUrl">The page to pay at. Here, opening it credits the workspace.</param>
internal sealed record Checkout(string CheckoutUrl);

/// <summary><c>/v1/billing</c>, for the dashboard's user.</summary>
internal static class BillingEndpoints
{
    private const int Least = 10;
    private const int Most = 100_000;
    private static readonly ApiError BadAmount = ApiError.InvalidRequest($"amount_usd must be an integer from {Least} to {Most}.");

    public static void MapBilling(this RouteGroupBuilder dashboard) => dashboard.MapPost("/billing/topup", TopUpAsync)
        .WithTags("Billing")
        .WithName("topUp")
        .WithSummary("Top up the balance")
        .WithDescription("Opens a checkout. Nothing is credited before its page is opened.")
        .Accepts<TopupRequest>("application/json")
        .Produces<Checkout>()
        .ProducesErrors(BadAmount, ApiError.Unauthorized, ApiError.PayloadTooLarge);

    private static async Task<IResult> TopUpAsync(HttpContext context, Topups topups, PublicAddress address)
    {
        var (body, error) = await JsonBody.ReadAsync(context.Request);
        if (error is not null) return new ApiErrorResult(error);
        if (!body.TryGetProperty("amount_usd", out _) || !body.TryGetInteger("amount_usd", Least, Most, Least, out var amount))
            return new ApiErrorResult(BadAmount);

        var token = topups.Open(context.Account(), amount);
        return TypedResults.Json(new Checkout(address.CheckoutUrl(context.Request, token)), ApiJson.Default.Checkout);
    }
}
