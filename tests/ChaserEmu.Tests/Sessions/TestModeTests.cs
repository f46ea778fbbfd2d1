using System.Net;
using System.Net.WebSockets;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Sessions;

/// <summary>What a <c>cha_test_</c> key gets: the whole life, no browser, no bill.</summary>
public sealed class TestModeTests
{
    [Fact]
    public async Task A_session_goes_through_its_whole_life_without_a_browser()
    {
        await using var emulator = Emulator.Start("Sessions:ProvisioningSeconds=15-25");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var id = (await client.CreateSessionAsync()).Id();
        Assert.Equal("creating", (await client.GetSessionAsync(id)).Text("status"));

        await emulator.AdvanceAsync(25);
        var ready = await client.GetSessionAsync(id);
        Assert.Equal("ready", ready.Text("status"));
        Assert.NotNull(ready.Text("device"));
        Assert.NotNull(ready.Text("proxy_ip"));

        await emulator.AdvanceAsync(300);
        Assert.Equal("idle_expired", (await client.GetSessionAsync(id)).Text("ended_reason"));
        Assert.Equal(0, (await emulator.InspectAsync(id)).GetProperty("billed_micro_usd").GetInt64());
    }

    [Fact]
    public async Task There_is_no_browser_to_connect_to()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using var anyone = emulator.CreateClient(null);
        var id = (await client.CreateReadySessionAsync()).Id();

        await anyone.GetAsync($"/sessions/{id}").AssertErrorCodeAsync(409, "session_not_provisioned");
        await anyone.GetAsync($"/sessions/{id}/json/version").AssertErrorCodeAsync(409, "session_not_provisioned");
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new UriBuilder(emulator.Address) { Scheme = "ws", Path = $"/sessions/{id}" }.Uri, default));
        Assert.Equal(HttpStatusCode.Conflict, socket.HttpStatusCode);
    }
}
