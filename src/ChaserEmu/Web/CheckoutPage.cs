using System.Globalization;
using ChaserEmu.Accounts;
using ChaserEmu.Http;

namespace ChaserEmu.Web;

/// <summary>
/// <c>/checkout/{token}</c>: the payment page of a top-up. No real payment. <c>GET</c> shows it and changes nothing, because link previews and
/// prefetching open pages too. <c>POST</c> without a body pays; the button of the page sends it, and tests can.
/// </summary>
internal static class CheckoutPage
{
    public static void MapCheckout(this IEndpointRouteBuilder app)
    {
        app.MapGet("/checkout/{token}", Show).ExcludeFromDescription();
        app.MapPost("/checkout/{token}", PayAsync).ExcludeFromDescription();
    }

    private static IResult Show(string token, HttpResponse response, TopupRegistry topups) => topups.Find(token) switch
    {
        null => NotFound(response),
        { IsPaid: true } paid => Receipt(response, "Already paid", paid),
        var open => Page(response, "Top up", $"<p>{Format(open.AmountUsd)} for the workspace {open.Account.Workspace}. Its balance is {Format(open.Account.BalanceMicroUsd / 1_000_000m)}.</p><form method=\"post\"><button>Pay {Format(open.AmountUsd)}</button></form>"),
    };

    private static async Task<IResult> PayAsync(string token, HttpResponse response, TopupRegistry topups) =>
        await topups.PayAsync(token) is { } payment ? Receipt(response, payment.IsRepeated ? "Already paid" : "Paid", payment.Topup) : NotFound(response);

    private static IResult Receipt(HttpResponse response, string title, Topup topup) =>
        Page(response, title, $"<p>{Format(topup.AmountUsd)} credited. The balance is {Format(topup.Account.BalanceMicroUsd / 1_000_000m)}.</p>");

    private static IResult NotFound(HttpResponse response) => Page(
        response, "Checkout not found", "<p>There is no top-up with this link. It ends when its workspace is reset, a state is imported, or the emulator restarts. Create a new top-up.</p>", StatusCodes.Status404NotFound);

    private static string Format(decimal usd) => string.Create(CultureInfo.InvariantCulture, $"{(usd < 0 ? "-" : "")}${Math.Abs(usd):0.00}");

    private static IResult Page(HttpResponse response, string title, string content, int status = StatusCodes.Status200OK) =>
        MessagePage.Create(response, status, title, $"{content}<p><small>This is an emulator: no real money was charged.</small></p>");
}
