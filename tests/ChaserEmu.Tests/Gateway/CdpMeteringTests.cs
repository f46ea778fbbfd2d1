using ChaserEmu.Tests.Transport;

namespace ChaserEmu.Tests.Gateway;

/// <summary>CDP traffic is counted to the byte, as it passes the client's socket.</summary>
[Trait("Needs", "Chrome")]
public sealed class CdpMeteringTests
{
    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "")]
    [InlineData(false, "User-Agent: a client", "Accept-Encoding: gzip, br", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")]
    [InlineData(true, "User-Agent: a client", "Accept-Encoding: gzip, br", "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits")]
    [InlineData(false, "X-Twice: one", "X-Twice: two", "Cookie: a=b; c=d", "Authorization: Bearer x")]
    public async Task The_count_equals_the_bytes_on_the_socket_including_the_handshake(bool plain, params string[] headers)
    {
        await using var emulator = Emulator.StartWithChrome($"Transport:Plain={plain}");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!, [.. headers.Where(header => header.Length > 0)]);
        await AssertByteCounts(client);

        foreach (var size in new[] { 1, 125, 126, 65535, 65536, 1_000_000 })
        {
            await client.SendCommandAsync("Browser.getVersion", new { ignored = new string('x', size) });
            Assert.NotNull(await client.ReadFrameAsync());
        }

        await AssertByteCounts(client);

        var deleting = http.DeleteAsync($"/v1/sessions/{session.Id()}");
        Assert.Equal((1000, "client_delete"), Assert.Single(await client.ReadToEndAsync()).Close);
        await deleting;
        await AssertByteCounts(client);

        async Task AssertByteCounts(RawCdpClient client)
        {
            var cdp = (await emulator.InspectAsync(session.Id())).GetProperty("cdp");
            Assert.Equal((client.Sent, client.Received), (cdp.GetProperty("bytes_up").GetInt64(), cdp.GetProperty("bytes_down").GetInt64()));
        }
    }

    [Theory]
    [MemberData(nameof(TestTransport.Modes), MemberType = typeof(TestTransport))]
    public async Task Bytes_of_open_and_ended_connections_add_up(bool plain)
    {
        await using var emulator = Emulator.StartWithChrome($"Transport:Plain={plain}");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        long sent = 0, received = 0;

        for (var i = 0; i < 5; i++)
        {
            using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
            await client.SendCommandAsync("Browser.getVersion");
            Assert.NotNull(await client.ReadFrameAsync());
            await client.SendFrameAsync(RawFrame.CloseOpcode, [3, 232]);
            Assert.Equal(1000, (await client.ReadFrameAsync())!.Close.Code);
            Assert.Null(await client.ReadFrameAsync());
            (sent, received) = (sent + client.Sent, received + client.Received);
        }

        await Eventually.GetAsync(() => emulator.InspectAsync(session.Id()), details => details.GetProperty("cdp_connections").GetInt32() == 0);
        var cdp = (await emulator.InspectAsync(session.Id())).GetProperty("cdp");
        Assert.Equal((sent, received), (cdp.GetProperty("bytes_up").GetInt64(), cdp.GetProperty("bytes_down").GetInt64()));
    }
}
