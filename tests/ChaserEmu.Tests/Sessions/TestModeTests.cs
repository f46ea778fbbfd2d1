using System.Net;
using System.Net.WebSockets;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Sessions;

/// <summary>Sessions of <c>cha_test_</c> keys: the full lifecycle without a browser or a charge.</summary>
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
        using var anonymous = emulator.CreateClient(null);
        var id = (await client.CreateReadySessionAsync()).Id();

        await anonymous.GetAsync($"/sessions/{id}").AssertErrorCodeAsync(409, "session_not_provisioned");
        await anonymous.GetAsync($"/sessions/{id}/json/version").AssertErrorCodeAsync(409, "session_not_provisioned");
        using var socket = new ClientWebSocket { Options = { CollectHttpResponseDetails = true } };
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new UriBuilder(emulator.Address) { Scheme = "ws", Path = $"/sessions/{id}" }.Uri, default));
        Assert.Equal(HttpStatusCode.Conflict, socket.HttpStatusCode);
    }
}
