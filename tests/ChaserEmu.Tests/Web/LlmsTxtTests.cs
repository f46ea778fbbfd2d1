using System.Net;
using System.Text.RegularExpressions;

namespace ChaserEmu.Tests.Web;

public sealed partial class LlmsTxtTests
{
    [Fact]
    public async Task Every_link_and_call_in_llms_txt_works()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using var pageResponse = await client.GetAsync("/llms.txt");
        var page = await pageResponse.Content.ReadAsStringAsync();
        var address = emulator.Address.GetLeftPart(UriPartial.Authority);

        Assert.Equal("text/plain; charset=utf-8", pageResponse.Content.Headers.ContentType!.ToString());
        Assert.DoesNotContain("{address}", page, StringComparison.Ordinal);
        var links = Link().Matches(page).Select(match => match.Groups[1].Value).ToList();
        Assert.True(links.Count >= 8);
        foreach (var link in links)
        {
            Assert.StartsWith(address, link, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(new Uri(link))).StatusCode);
        }

        Assert.Contains($"curl -s {address}/_emu/clock/advance", await client.GetStringAsync("/SKILL.md"), StringComparison.Ordinal);

        // The emulator accepts every call: it knows the route, the method and the body.
        var calls = Call().Matches(page).ToList();
        Assert.True(calls.Count >= 8);
        foreach (var call in calls)
        {
            var path = call.Groups[2].Value.Replace("{id}", "sess_019ec0d0-a88a-73f2-9741-8030dc82a854", StringComparison.Ordinal);
            using var request = new HttpRequestMessage(new HttpMethod(call.Groups[1].Value), path);
            if (call.Groups[3].Success) request.Content = new StringContent(call.Groups[3].Value, null, "application/json");
            using var response = await client.SendAsync(request);
            var body = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode || body.Contains("session_not_found", StringComparison.Ordinal), $"{request.Method} {path}: {(int)response.StatusCode} {body}");
            if (path.EndsWith("/faults", StringComparison.Ordinal)) (await client.DeleteAsync("/_emu/faults")).EnsureSuccessStatusCode();
        }
    }

    [GeneratedRegex(@"\]\((\S+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`(GET|POST|DELETE) (\S+)`(?: with `(\{.+?\})`)?")]
    private static partial Regex Call();
}
