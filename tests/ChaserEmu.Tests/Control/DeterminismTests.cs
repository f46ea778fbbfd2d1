using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Control;

/// <summary>With <c>Seed</c> and a frozen clock, a script gets the same responses in every run.</summary>
public sealed class DeterminismTests
{
    private static readonly string[] Settings =
        ["Seed=42", "Clock:Now=2026-06-13T12:00:00Z", "Clock:Frozen=true", "Sessions:ProvisioningSeconds=15-25", "Limits:Concurrent=6"];

    [Fact]
    public async Task Two_runs_with_one_seed_return_identical_responses()
    {
        string first, second, reset;
        await using (var emulator = Emulator.Start(Settings)) first = await ScriptAsync(emulator);
        await using (var emulator = Emulator.Start(Settings))
        {
            second = await ScriptAsync(emulator);
            await ResetTests.ResetAsync(emulator);
            reset = await ScriptAsync(emulator);
        }

        Assert.Equal(first, second);
        Assert.Equal(first, reset);
        Assert.Contains("\"device\":\"Android", first, StringComparison.Ordinal);
        Assert.Contains("\"secret\":\"cha_live_", first, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_seed_gives_other_ids()
    {
        await using var one = Emulator.Start("Seed=1", "Clock:Now=2026-06-13T12:00:00Z", "Clock:Frozen=true");
        await using var other = Emulator.Start("Seed=2", "Clock:Now=2026-06-13T12:00:00Z", "Clock:Frozen=true");
        using var first = one.CreateClient();
        using var second = other.CreateClient();

        Assert.NotEqual((await first.CreateSessionAsync()).Id(), (await second.CreateSessionAsync()).Id());
    }

    private static async Task<string> ScriptAsync(Emulator emulator)
    {
        using var client = emulator.CreateClient();
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        var log = new StringBuilder();
        async Task<JsonElement> Note(Task<HttpResponseMessage> call)
        {
            using var answer = await call;
            var body = await answer.Content.ReadAsStringAsync();
            log.AppendLine($"{answer.RequestMessage!.Method} {(int)answer.StatusCode} {answer.Headers.RetryAfter} {Regex.Replace(body, @"127\.0\.0\.1:\d+", "HOST")}");
            return body.StartsWith('{') ? JsonElement.Parse(body) : default;
        }

        for (var i = 0; i < 6; i++) await Note(client.PostAsJsonAsync("/v1/sessions", new { ttl_seconds = 60 + i }));
        await Note(client.PostSessionAsync());
        for (var step = 0; step < 5; step++)
        {
            await Note(client.PostAsJsonAsync("/_emu/clock/advance", new { seconds = 5 }));
            var page = await Note(client.GetAsync("/v1/sessions?limit=4"));
            await Note(client.GetAsync($"/v1/sessions?limit=4&cursor={page.Text("next_cursor")}"));
        }

        var key = await Note(user.PostAsJsonAsync("/v1/keys", new { name = "ci" }));
        await Note(user.PostAsJsonAsync($"/v1/keys/{key.Id()}/rotate", new { grace_days = 1 }));
        await Note(user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 10 }));
        await Note(user.GetAsync("/v1/keys"));
        await Note(client.PostAsJsonAsync("/_emu/clock/advance", new { seconds = 60 }));
        await Note(client.GetAsync("/v1/sessions"));
        await Note(client.GetAsync("/v1/usage"));
        await Note(client.PostSessionAsync());
        await Note(client.GetAsync("/v1/sessions?limit=1"));
        return log.ToString();
    }
}
