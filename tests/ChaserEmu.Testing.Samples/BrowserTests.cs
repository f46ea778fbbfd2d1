using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using ChaserEmu.Client;
using ChaserEmu.Contracts;
using ChaserEmu.Testing;

namespace Reports.Tests;

[Trait("Needs", "Chrome")]
public sealed class BrowserTests
{
    [Fact]
    public async Task A_client_is_disconnected_while_it_works()
    {
        await using var emu = await ChaserEmulator.StartAsync(new() { Browsers = EmulatorBrowsers.Found });
        var key = emu.NewKey(testMode: false);
        var session = await emu.CreateClient(key).PostAsync("/v1/sessions", null);
        var address = (await session.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("cdp_url").GetString()!;
        await emu.Journal.Cdp.RecordAsync(CdpRecording.Headers, key);
        using var cdp = new ClientWebSocket();
        await cdp.ConnectAsync(new Uri(address), default);
        Assert.Contains("Chrome", await CallAsync(cdp, """{"id":1,"method":"Browser.getVersion"}"""), StringComparison.Ordinal);

        await emu.Journal.Cdp.VerifyAsync(new() { Key = key, Method = "Browser.getVersion", Kind = CdpMessageKind.Command }, exactly: 1);

        await using var drop = await emu.Faults.AddAsync(CdpFault.Drop().ForKey(key));

        await Assert.ThrowsAsync<WebSocketException>(() => CallAsync(cdp, """{"id":2,"method":"Browser.getVersion"}"""));
    }

    private static async Task<string> CallAsync(ClientWebSocket cdp, string command)
    {
        await cdp.SendAsync(Encoding.UTF8.GetBytes(command), WebSocketMessageType.Text, endOfMessage: true, default);
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, (await cdp.ReceiveAsync(buffer, default)).Count);
    }
}
