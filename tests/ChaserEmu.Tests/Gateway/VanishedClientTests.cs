namespace ChaserEmu.Tests.Gateway;

/// <summary>Clients that disappear without closing their connection, such as a laptop that goes to sleep.</summary>
public sealed class VanishedClientTests
{
    [FactOnLinux]
    [Trait("Needs", "Chrome")]
    public async Task A_session_becomes_idle_when_its_client_has_vanished()
    {
        await using var emulator = Emulator.StartWithChrome("Network:KeepAliveSeconds=2");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        using var cdp = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
        Assert.Equal(1, await CountConnectionsAsync());

        cdp.Vanish();

        await Eventually.GetAsync(CountConnectionsAsync, count => count == 0);
        await emulator.FreezeAsync();
        Assert.Contains("idle_expired", (await emulator.AdvanceAsync(300)).ToJsonString(), StringComparison.Ordinal);

        async Task<int> CountConnectionsAsync() => (await emulator.InspectAsync(session.Id())).GetProperty("cdp_connections").GetInt32();
    }

    /// <summary>While data is unacknowledged, the kernel sends no keep-alive probes.</summary>
    [FactOnLinux]
    [Trait("Needs", "Chrome")]
    public async Task A_session_becomes_idle_when_its_client_has_vanished_while_it_was_sent_data()
    {
        await using var emulator = Emulator.StartWithChrome("Network:KeepAliveSeconds=2", "Logging:LogLevel:Default=Information");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        using var cdp = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);

        cdp.Vanish();
        await cdp.SendCommandAsync("Browser.getVersion");

        await Eventually.GetAsync(() => emulator.InspectAsync(session.Id()), state => state.GetProperty("cdp_connections").GetInt32() == 0);
        Assert.Contains(emulator.Logs.Lines, line => line.Contains(session.Id(), StringComparison.Ordinal) && line.Contains("Network:KeepAliveSeconds", StringComparison.Ordinal));
    }
}
