using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Gateway;

/// <summary>Refused upgrades are answered with an HTTP error of the service.</summary>
public sealed class RefusedUpgradeTests
{
    [Fact]
    public async Task A_session_that_is_unknown_creating_without_a_browser_or_ended_refuses_connections()
    {
        await using var emulator = Emulator.Start("Sessions:ProvisioningSeconds=20");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var id = (await client.CreateSessionAsync()).Id();

        await UpgradeAsync(emulator, "sess_019ec0d0-a88a-73f2-9741-8030dc82a854").AssertErrorAsync(404, "session_not_found", "Session not found.");
        await UpgradeAsync(emulator, id).AssertErrorAsync(409, "session_not_ready", "Session is not ready yet.");
        await emulator.AdvanceAsync(20);
        await UpgradeAsync(emulator, id).AssertErrorAsync(409, "session_not_provisioned", "Sessions of test-mode keys have no browser to connect to.");
        await client.DeleteAsync($"/v1/sessions/{id}");
        await UpgradeAsync(emulator, id).AssertErrorAsync(409, "session_not_open", "Session is already in a terminal state.");
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task An_invalid_handshake_returns_426_or_400_with_advice()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var id = (await client.CreateReadySessionAsync()).Id();
        (string Upgrade, string Version)[] invalidUpgrades = [("", "13"), ("h2c", "13"), ("websocket", "8"), ("websocket", ""), ("websocket", "13, 8")];
        string[] keys = ["", "x", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZSE="];

        foreach (var (upgrade, version) in invalidUpgrades)
        {
            var response = UpgradeAsync(emulator, id, upgrade, version);
            await response.AssertErrorAsync(426, "upgrade_required", "This URL accepts WebSocket connections only (version 13).");
            Assert.Equal("websocket", (await response).Headers.Upgrade.ToString());
            Assert.Equal("13", Assert.Single((await response).Headers.GetValues("Sec-WebSocket-Version")));
        }

        foreach (var key in keys)
            await UpgradeAsync(emulator, id, key: key).AssertErrorAsync(400, "invalid_request", "Sec-WebSocket-Key must be 16 bytes in base64.");
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task An_upgrade_over_HTTP_1_0_returns_426()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var id = (await client.CreateReadySessionAsync()).Id();
        var token = (await (await client.PostAsync($"/v1/sessions/{id}/preview-token", null)).ReadJsonAsync()).Text("url")!.Split('?')[1];

        foreach (var path in new[] { $"/sessions/{id}", $"/sessions/{id}/preview?{token}" })
        {
            var answer = await emulator.SendRawAsync(
                $"GET {path} HTTP/1.0\r\nHost: emu\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
            Assert.StartsWith("HTTP/1.1 426 ", answer, StringComparison.Ordinal);
            Assert.Contains("upgrade_required", answer, StringComparison.Ordinal);
        }
    }

    private static Task<HttpResponseMessage> UpgradeAsync(
        Emulator emulator, string id, string upgrade = "websocket", string version = "13", string key = "dGhlIHNhbXBsZSBub25jZQ==")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(emulator.Address, $"/sessions/{id}"));
        foreach (var (name, value) in new[] { ("Upgrade", upgrade), ("Connection", upgrade == "" ? "" : "Upgrade"), ("Sec-WebSocket-Version", version), ("Sec-WebSocket-Key", key) })
        {
            if (value != "") request.Headers.TryAddWithoutValidation(name, value);
        }

        return emulator.SendAsync(request);
    }
}
