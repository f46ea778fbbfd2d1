using System.Globalization;
using ChaserEmu.Accounts;

namespace ChaserEmu.Web;

/// <summary><c>/checkout/{token}</c>: the payment page of a top-up. No real payment: opening the page credits the workspace, once. HEAD, which link previews send, does not.</summary>
internal static class CheckoutPage
{
    private const string ContentType = "text/html; charset=utf-8";

    public static void MapCheckout(this IEndpointRouteBuilder app) => app.MapGet("/checkout/{token}", OpenAsync).ExcludeFromDescription();

    private static async Task<IResult> OpenAsync(string token, HttpRequest request, TopupRegistry topups)
    {
        if (HttpMethods.IsHead(request.Method) && topups.Contains(token)) return Results.Content(null, ContentType);
        if (await topups.PayAsync(token) is not { Topup: var topup } payment) return Page("Checkout not found", "The link is invalid, or the emulator was restarted since the top-up was created. Create a new top-up.", StatusCodes.Status404NotFound);

        return Page(
            payment.IsRepeated ? "Already paid" : "Paid",
            string.Create(CultureInfo.InvariantCulture, $"${topup.AmountUsd}.00 credited. The balance is ${topup.Account.BalanceMicroUsd / 1_000_000m:0.00}."),
            StatusCodes.Status200OK);
    }

    private static IResult Page(string title, string text, int status) => Results.Content(
        $$"""
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>{{title}} · ChaserEmu</title>
        <style>
          body { font: 1rem/1.5 system-ui, sans-serif; display: grid; place-content: center; min-height: 90vh; text-align: center; color: #1c2330; }
          h1 { font-size: 1.5rem; margin: 0 }
          p { margin: .5rem 0 0 }
          small { color: #667085 }
        </style>
        <h1>{{title}}</h1>
        <p>{{text}}</p>
        <p><small>This is an emulator: no real money was charged.</small></p>
        </html>
        """,
        ContentType,
        statusCode: status);
}
