using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChaserEmu.Testing.Tests;

/// <summary>Tests <see cref="EmulatorCdpJournal"/> with a real server and a real browser.</summary>
[Trait("Needs", "Chrome")]
public sealed class CdpJournalTests
{
    [Fact]
    public async Task Messages_are_recorded_on_request_found_and_verified()
    {
        await using var emu = await ChaserEmulator.StartAsync(new() { Browsers = EmulatorBrowsers.Found });
        var key = emu.NewKey(testMode: false);
        var version = new CdpMatch { Key = key, Method = "Browser.getVersion" };
        Assert.Equal(HttpStatusCode.Conflict, (await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.Journal.Cdp.VerifyAsync(version, exactly: 0))).StatusCode);

        await emu.Journal.Cdp.RecordAsync(CdpRecording.Bodies, key);
        using var client = emu.CreateClient(key);
        using var created = await client.PostAsync("/v1/sessions", null);
        var session = await created.Content.ReadFromJsonAsync<JsonElement>();
        using var cdp = new ClientWebSocket();
        await cdp.ConnectAsync(new Uri(session.GetProperty("cdp_url").GetString()!), default);
        await cdp.SendAsync(Encoding.UTF8.GetBytes("""{"id":7,"method":"Browser.getVersion"}"""), WebSocketMessageType.Text, endOfMessage: true, default);
        await cdp.ReceiveAsync(new byte[4096], default);

        var page = await emu.Journal.Cdp.QueryAsync(version);
        Assert.Equal(CdpRecording.Bodies, page.Recording);
        Assert.Equal([(CdpMessageKind.Command, CdpDirection.ToBrowser, 7), (CdpMessageKind.Result, CdpDirection.ToClient, 7)], page.Entries.Select(entry => (entry.Kind, entry.Direction, entry.Id!.Value)));
        Assert.All(page.Entries, entry => Assert.Equal(session.GetProperty("id").GetString(), entry.SessionId));
        Assert.NotNull(page.Entries[1].Body!["result"]!["product"]);
        Assert.Single((await emu.Journal.Cdp.QueryAsync(version with { Direction = CdpDirection.ToClient, Session = page.Entries[0].SessionId })).Entries);
        Assert.Single((await emu.Journal.Cdp.QueryAsync(version with { Kind = CdpMessageKind.Command })).Entries);

        Assert.Equal(1, await emu.Journal.Cdp.VerifyAsync(version with { Body = new JsonObject { ["id"] = 7 }, Kind = CdpMessageKind.Command }, exactly: 1));
        var failed = await Assert.ThrowsAsync<JournalVerificationException>(() => emu.Journal.Cdp.VerifyAsync(version with { Kind = CdpMessageKind.Error }, atLeast: 1));
        Assert.Contains("command Browser.getVersion: kind was command and not error", failed.Message, StringComparison.Ordinal);

        await emu.Journal.Cdp.DeleteAsync();
        Assert.Empty((await emu.Journal.Cdp.QueryAsync(version)).Entries);
    }
}
