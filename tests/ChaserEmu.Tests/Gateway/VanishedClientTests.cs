using System.Net.Sockets;
using ChaserEmu.Domain;
using ChaserEmu.Gateway;
using ChaserEmu.Journal;
using ChaserEmu.Metering;
using ChaserEmu.Platform;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

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

    /// <summary>Kestrel throws a <see cref="SocketException"/> then. Where it was not expected, the session kept the connection for ever.</summary>
    [Fact]
    public async Task A_client_that_vanishes_while_its_close_frame_is_awaited_has_closed_its_connection()
    {
        using var counter = new ByteMeter().OpenCounter();
        var recorder = new CdpRecorder(new CdpJournal(Options.Create(new JournalOptions()), new JournalSequence()), new EmulatedClock(TimeProvider.System), new WorkspaceId("ws_test"), new SessionId(Guid.CreateVersion7()), 1);
        await using var client = new VanishedClientStream();
        using var inspector = new CdpInspector(new FakeBrowser(), target: null, refusesContexts: true);
        await using var tunnel = new TunnelStream(client, counter, recorder, inspector);

        await Assert.ThrowsAsync<IOException>(async () => await tunnel.ReadExactlyAsync(new byte[1]));
        await tunnel.DrainAsync(CancellationToken.None);
        Assert.True(tunnel.ClientClosed.IsCompletedSuccessfully);
    }

    private sealed class VanishedClientStream : DuplexStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new SocketException((int)SocketError.TimedOut);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public override Task FlushAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
