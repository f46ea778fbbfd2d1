using System.Diagnostics;
using System.Net;
using ChaserEmu.Tests.Egress;
using ChaserEmu.Tests.Gateway;

namespace ChaserEmu.Tests.Sessions;

/// <summary>How sessions get their browsers: a failed start, the queue, and a crash.</summary>
public sealed class BrowserAssignmentTests
{
    [Fact]
    public async Task A_session_whose_browser_does_not_start_ends_in_error_and_costs_nothing()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Path=/bin/false");
        using var client = emulator.CreateClient(Emulator.LiveKey);

        var ended = await client.CreateReadySessionAsync();

        Assert.Equal("error", ended.Text("status"));
        Assert.Null(ended.Text("ended_reason"));
        Assert.Null(ended.Text("ready_at"));
        Assert.NotNull(ended.Text("ended_at"));
        Assert.Equal(0, (await emulator.InspectAsync(ended.Id())).GetProperty("billed_micro_usd").GetInt64());
        Assert.Equal(HttpStatusCode.Conflict, (await client.DeleteAsync($"/v1/sessions/{ended.Id()}")).StatusCode);
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_session_above_the_limit_waits_in_creating_until_another_is_deleted()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Max=1");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var first = await client.CreateReadySessionAsync();
        var second = (await client.CreateSessionAsync()).Id();
        Assert.Equal("creating", (await client.GetSessionAsync(second)).Text("status"));

        await client.DeleteAsync($"/v1/sessions/{first.Id()}");

        var ready = await Eventually.GetAsync(() => client.GetSessionAsync(second), session => session.Text("status") != "creating");
        Assert.Equal("ready", ready.Text("status"));
        var ended = await client.GetSessionAsync(first.Id());
        Assert.True(string.CompareOrdinal(ended.Text("ended_at"), ready.Text("ready_at")) <= 0, "It was ready before the other had ended.");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [Trait("Needs", "Chrome")]
    public async Task An_advance_hands_the_browser_of_an_expired_session_to_the_queued_one(int provisioningSeconds)
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Max=1", "Sessions:IdleSeconds=300", $"Sessions:ProvisioningSeconds={provisioningSeconds}");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        await emulator.FreezeAsync();
        var first = (await client.CreateSessionAsync()).Id();
        await Eventually.GetAsync(() => emulator.InspectAsync(first), inside => inside.GetProperty("browser_pid").ValueKind != System.Text.Json.JsonValueKind.Null);
        var second = (await client.CreateSessionAsync()).Id();

        var early = await emulator.AdvanceAsync(provisioningSeconds + 299).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.All(early, transition => Assert.Equal(first, transition!["session_id"]!.GetValue<string>()));
        Assert.Equal("creating", (await client.GetSessionAsync(second)).Text("status"));

        await emulator.AdvanceAsync(2).WaitAsync(TimeSpan.FromSeconds(30));
        var ended = await client.GetSessionAsync(first);
        var ready = await client.GetSessionAsync(second);
        Assert.Equal("idle_expired", ended.Text("ended_reason"));
        Assert.Equal("ready", ready.Text("status"));
        Assert.Equal(ended.Text("ended_at"), ready.Text("ready_at"));

        var last = Assert.Single(await emulator.AdvanceAsync(300).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(second, last!["session_id"]!.GetValue<string>());
        Assert.Equal("idle_expired", last["ended_reason"]!.GetValue<string>());
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_queued_session_expires_and_can_be_deleted()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Max=1", "Sessions:IdleSeconds=86400");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        await emulator.FreezeAsync();
        await client.CreateReadySessionAsync(new { ttl_seconds = 3600 });
        var deleted = (await client.CreateSessionAsync()).Id();
        var expired = (await client.CreateSessionAsync(new { ttl_seconds = 60 })).Id();

        Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/v1/sessions/{deleted}")).StatusCode);
        var end = Assert.Single(await emulator.AdvanceAsync(60).WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Equal(expired, end!["session_id"]!.GetValue<string>());
        Assert.Equal("ttl_expired", end["ended_reason"]!.GetValue<string>());
        Assert.Null((await client.GetSessionAsync(expired)).Text("ready_at"));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_session_whose_browser_is_killed_is_closed_as_substrate_down_and_costs_nothing()
    {
        await using var emulator = Emulator.StartWithChrome();
        await using var site = new TestSite();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        await using (var page = await CdpPage.OpenAsync(session))
        {
            await page.NavigateAsync(site.HttpUrl);
            await page.FetchLengthAsync("/bytes/1000000");
        }

        var before = await client.GetSessionAsync(session.Id());
        Process.GetProcessById((await emulator.InspectAsync(session.Id())).GetProperty("browser_pid").GetInt32()).Kill();

        var ended = await Eventually.GetAsync(() => client.GetSessionAsync(session.Id()), now => now.Text("status") != "ready");
        Assert.Equal(("closed", "substrate_down"), (ended.Text("status"), ended.Text("ended_reason")));
        Assert.Equal(0, (await emulator.InspectAsync(session.Id())).GetProperty("billed_micro_usd").GetInt64());
        Assert.InRange(ended.GetProperty("bytes_down").GetInt64(), before.GetProperty("bytes_down").GetInt64(), long.MaxValue);
        Assert.InRange(ended.GetProperty("bytes_up").GetInt64(), before.GetProperty("bytes_up").GetInt64(), long.MaxValue);
    }
}
