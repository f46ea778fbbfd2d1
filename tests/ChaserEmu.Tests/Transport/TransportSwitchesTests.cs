using System.Net;
using System.Text.Json;
using ChaserEmu.Tests.Control;
using ChaserEmu.Tests.Gateway;
using ChaserEmu.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Transport;

/// <summary>Turning speed-only code on and off, and what must not change with it.</summary>
public sealed class TransportSwitchesTests
{
    public static TheoryData<string> Pieces => [.. Enum.GetNames<TransportPiece>()];

    [Fact]
    public void Everything_is_on_by_default_and_off_with_Plain()
    {
        Assert.All(Enum.GetValues<TransportPiece>(), piece => Assert.Equal((true, false), (TestTransport.Full.IsOn(piece), TestTransport.Plain.IsOn(piece))));
        Assert.False(TestTransport.Plain.InlineCompletions.IsOn);
    }

    [Theory]
    [MemberData(nameof(Pieces))]
    public void A_piece_can_be_turned_off_alone(string name)
    {
        var options = new TransportOptions { Disable = [name.ToLowerInvariant()] };
        var transport = new TransportSwitches(Options.Create(options));

        Assert.Empty(options.Validate());
        Assert.Equal([Enum.Parse<TransportPiece>(name)], Enum.GetValues<TransportPiece>().Where(piece => !transport.IsOn(piece)));
    }

    [Fact]
    public async Task An_emulator_reads_both_settings()
    {
        await using var plain = Emulator.Start("Transport:Plain=true");
        await using var single = Emulator.Start("Transport:Plain=false", "Transport:Disable:0=Splice");

        Assert.All(Enum.GetValues<TransportPiece>(), piece => Assert.False(plain.Services.GetRequiredService<TransportSwitches>().IsOn(piece)));
        Assert.Equal([TransportPiece.Splice], Enum.GetValues<TransportPiece>().Where(piece => !single.Services.GetRequiredService<TransportSwitches>().IsOn(piece)));
    }

    /// <summary>Each piece is off once, and all of them are.</summary>
    [Theory]
    [InlineData("Plain=true")]
    [InlineData("Disable:0=InlineCompletions")]
    [InlineData("Disable:0=BusyPolling")]
    [InlineData("Disable:0=LargeCopies")]
    [InlineData("Disable:0=DirectReads")]
    [InlineData("Disable:0=Preconnect")]
    [InlineData("Disable:0=DirectOutput")]
    [InlineData("Disable:0=InlineRequests")]
    [Trait("Needs", "Chrome")]
    public async Task Messages_of_every_size_pass_a_tunnel_unchanged(string setting)
    {
        await using var emulator = Emulator.StartWithChrome("Transport:Plain=false", $"Transport:{setting}");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        for (var connection = 0; connection < 2; connection++)
        {
            using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
            foreach (var size in new[] { 1, 2048, 65536, 3_000_000 })
            {
                await client.SendCommandAsync("Runtime.nothing", new { text = new string('x', size) });
                Assert.NotNull(await client.ReadFrameAsync());
            }

            await client.RequestLargeMessageAsync(5_000_000);
            RawFrame? frame;
            do frame = await client.ReadFrameAsync();
            while (frame!.Payload.Length < 1000);
            JsonDocument.Parse(frame.Payload).Dispose();
        }
    }

    /// <summary>The last frame before a reset must reach the client in both modes.</summary>
    [Theory]
    [MemberData(nameof(TestTransport.Modes), MemberType = typeof(TestTransport))]
    [Trait("Needs", "Chrome")]
    public async Task A_fault_ends_a_tunnel_right_after_the_last_allowed_frame(bool plain)
    {
        const int Frames = 3;
        await using var emulator = Emulator.StartWithChrome($"Transport:Plain={plain}");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        for (var round = 0; round < 20; round++)
        {
            var rule = await emulator.AddFaultAsync(new { match = new { session = session.Id(), direction = "to_client" }, effect = new { type = "cdp_drop", after_frames = Frames } });
            using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
            for (var frame = 0; frame < Frames; frame++)
            {
                await client.SendCommandAsync("Browser.getVersion");
                Assert.NotNull(await client.ReadFrameAsync());
            }

            Assert.Null(await client.ReadFrameAsync());
            await emulator.DeleteFaultAsync(rule);
        }
    }

    [Theory]
    [MemberData(nameof(TestTransport.Modes), MemberType = typeof(TestTransport))]
    [Trait("Needs", "Chrome")]
    public async Task A_refused_page_gets_the_same_answer(bool plain)
    {
        await using var emulator = Emulator.StartWithChrome($"Transport:Plain={plain}");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        using var client = await RawCdpClient.RequestUpgradeAsync(session.Text("cdp_url")! + "/devtools/page/NONE");

        Assert.StartsWith($"HTTP/1.1 {(int)HttpStatusCode.NotFound} Not Found\r\n", client.ResponseHead, StringComparison.Ordinal);
    }
}
