// Opens a page in a session with Playwright for .NET.
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;

using var http = new HttpClient { BaseAddress = new Uri(Environment.GetEnvironmentVariable("CHASER_EMU") ?? "http://127.0.0.1:8080") };
http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "cha_live_dotnet-example");

using var created = await http.PostAsJsonAsync("/v1/sessions", new { ttl_seconds = 600 });
created.EnsureSuccessStatusCode();
var session = await created.Content.ReadFromJsonAsync<JsonElement>();
var sessionPath = $"/v1/sessions/{session.GetProperty("id")}";

using var playwright = await Playwright.CreateAsync();
await using (var browser = await playwright.Chromium.ConnectOverCDPAsync(session.GetProperty("cdp_url").GetString()!))
{
    var page = browser.Contexts[0].Pages[0];
    await page.GotoAsync("data:text/html,<title>Hello</title>");
    Console.WriteLine(await page.TitleAsync());
}

using var deleted = await http.DeleteAsync(new Uri(sessionPath, UriKind.Relative));
Console.WriteLine((int)deleted.StatusCode);
