using System.Net;

namespace ChaserEmu.Tests.Accounts;

internal static class CheckoutExtensions
{
    /// <summary>Pays a top-up as the button of its page does. Returns the page.</summary>
    public static async Task<string> PayAsync(this HttpClient client, string? checkoutUrl)
    {
        using var answer = await client.PostAsync(checkoutUrl, null);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }
}
