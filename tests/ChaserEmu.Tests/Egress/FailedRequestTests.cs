using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using ChaserEmu.Domain;
using ChaserEmu.Egress;
using ChaserEmu.Events;
using ChaserEmu.Faults;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Sessions;
using ChaserEmu.Tests.Transport;
using ChaserEmu.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChaserEmu.Tests.Egress;

/// <summary>The failed connections of pages have their real cause, which the page does not see.</summary>
public sealed class FailedRequestTests
{
    private static readonly SessionId Session = SessionId.Parse("sess_019ec0d0-a88a-73f2-9741-8030dc82a854");
    private static readonly FaultContext Context = new(new WorkspaceId("ws_1"), Session);

    private readonly EventFeed _feed = new(10, DateTimeOffset.UnixEpoch);
    private readonly EmulatedClock _clock = new(TimeProvider.System);

    [Fact]
    public async Task Each_cause_is_told_apart()
    {
        var log = new FailedRequestLog(_feed, _clock);
        var faults = new FaultRegistry(new RandomSource("a seed"), _clock, _feed, NullLogger<FaultRegistry>.Instance);
        var ports = TestPorts.Unclaimed;
        await using var server = TcpServer.Start(TcpServer.EchoAsync, IPAddress.Loopback);
        await using var proxy = EgressProxy.Start(IPAddress.Loopback, NullLogger.Instance, ports.CreateConnector(), TestTransport.Current);
        proxy.FaultInjector = new EgressFaultInjector(faults, Context, log);
        proxy.AllowTraffic();

        await NegotiateAsync(proxy, SocksClient.CreateRequest("no-such-host.invalid", 80));
        Assert.Equal(("no-such-host.invalid", 80, EgressOutcome.NotConnected, EgressCause.UnknownHost, null), Newest(log));

        int closed;
        await using (var gone = TcpServer.Start(TcpServer.EchoAsync, IPAddress.Loopback)) closed = gone.EndPoint.Port;
        await NegotiateAsync(proxy, SocksClient.CreateRequest("localhost", closed));
        Assert.Equal(("localhost", closed, EgressOutcome.NotConnected, EgressCause.ConnectionRefused, null), Newest(log));

        using (ports.Claim(server.EndPoint.Port)) await NegotiateAsync(proxy, SocksClient.CreateRequest(server.EndPoint));
        Assert.Equal(("127.0.0.1", server.EndPoint.Port, EgressOutcome.NotConnected, EgressCause.EmulatorPort, null), Newest(log));

        var refuse = faults.Add([new FaultDefinition(new FaultMatch(), null, new EgressRefuseFault(), 1, 1)])[0];
        await NegotiateAsync(proxy, SocksClient.CreateRequest(server.EndPoint));
        Assert.Equal(("127.0.0.1", server.EndPoint.Port, EgressOutcome.NotConnected, EgressCause.Fault, refuse.Id), Newest(log));

        var reset = faults.Add([new FaultDefinition(new FaultMatch(), null, new EgressResetFault(1), 1, 1)])[0];
        using var client = await SocksClient.ConnectToAsync(proxy.Port, server.EndPoint);
        await client.Socket.SendAsync("more than one"u8.ToArray());
        await Assert.ThrowsAsync<SocketException>(client.ReadToEndAsync);
        await Eventually.IsTrueAsync(() => log.Find(Session).Count == 5);
        Assert.Equal(("127.0.0.1", server.EndPoint.Port, EgressOutcome.Reset, EgressCause.Fault, reset.Id), Newest(log));
    }

    [Fact]
    public void The_newest_failures_of_each_session_are_kept_until_a_reset()
    {
        var log = new FailedRequestLog(_feed, _clock);
        for (var port = 1; port <= FailedRequestLog.MaxPerSession + 2; port++) log.Add(Context, new IPEndPoint(IPAddress.Loopback, port), EgressOutcome.NotConnected, EgressCause.ConnectionRefused, null);

        Assert.Equal(Enumerable.Range(3, FailedRequestLog.MaxPerSession).Reverse(), log.Find(Session).Select(failed => failed.Port));
        log.Reset(new WorkspaceId("ws_other"));
        Assert.NotEmpty(log.Find(Session));
        log.Reset(new WorkspaceId("ws_1"));
        Assert.Empty(log.Find(Session));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task A_failed_page_request_is_listed_and_logged_and_the_last_picture_stays_after_the_end()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0", "Logging:LogLevel:ChaserEmu=Information");
        await using var page = await SessionWithPage.OpenAsync(emulator, "<body style='background:rgb(20,120,220)'>");
        using var control = emulator.CreateClient(null);
        var fetched = await page.EvaluateAsync($"fetch('http://localhost:{emulator.Address.Port}/').catch(() => 'failed')");
        Assert.Equal("failed", fetched!.GetValue<string>());

        var requests = await control.GetFromJsonAsync<JsonElement>($"/_emu/sessions/{page.Id}/requests");
        var failed = requests.GetProperty("requests")[0];
        Assert.Equal(("localhost", emulator.Address.Port, "not_connected", "emulator_port", null), (failed.Text("host"), failed.GetProperty("port").GetInt32(), failed.Text("outcome"), failed.Text("cause"), failed.Text("fault_id")));

        await page.EvaluateAsync("fetch('http://no-such-host.invalid/').catch(() => 'failed')");
        Assert.Contains(emulator.Logs.Lines, line => line.StartsWith($"A page of {page.Id} could not reach no-such-host.invalid:80: outcome=not_connected cause=unknown_host", StringComparison.Ordinal));

        var frame = await control.GetByteArrayAsync($"/_emu/sessions/{page.Id}/frame?width=100");
        Assert.Equal([0xFF, 0xD8, 0xFF], frame[..3]);
        Assert.InRange(GetJpegWidth(frame), 1, 100);
        await page.Http.DeleteAsync($"/v1/sessions/{page.Id}");
        Assert.Equal([0xFF, 0xD8, 0xFF], (await control.GetByteArrayAsync($"/_emu/sessions/{page.Id}/frame"))[..3]);
        Assert.Equal(2, (await control.GetFromJsonAsync<JsonElement>($"/_emu/sessions/{page.Id}/requests")).GetProperty("requests").GetArrayLength());
    }

    [Fact]
    public async Task A_session_without_a_browser_has_no_picture_and_no_failed_requests()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var id = (await client.CreateReadySessionAsync()).Id();

        await emulator.SendAsync("GET", $"/_emu/sessions/{id}/frame").AssertProblemAsync(HttpStatusCode.NotFound, $"There is no picture of {id}.");
        await emulator.SendAsync("GET", $"/_emu/sessions/{id}/frame?width=2").AssertProblemAsync(HttpStatusCode.BadRequest, "width must be from 16 to 1280.");
        await emulator.SendAsync("GET", "/_emu/sessions/x/requests").AssertProblemAsync(HttpStatusCode.NotFound, "There is no session x.");
        using var requests = await emulator.SendAsync("GET", $"/_emu/sessions/{id}/requests");
        Assert.Equal(0, (await requests.ReadJsonAsync()).GetProperty("requests").GetArrayLength());
    }

    private static async Task NegotiateAsync(EgressProxy proxy, byte[] request)
    {
        using var client = await SocksClient.ConnectAsync(proxy.Port);
        Assert.NotEqual(0, await client.NegotiateAsync(request));
    }

    private static (string Host, int Port, EgressOutcome Outcome, EgressCause Cause, string? Fault) Newest(FailedRequestLog log) =>
        log.Find(Session)[0] is var newest ? (newest.Host, newest.Port, newest.Outcome, newest.Cause, newest.FaultId) : default;

    /// <summary>Reads the width from the frame header (SOF0 or SOF2).</summary>
    private static int GetJpegWidth(byte[] jpeg)
    {
        for (var at = 2; ; at += 2 + (jpeg[at + 2] << 8) + jpeg[at + 3])
        {
            if (jpeg[at + 1] is 0xC0 or 0xC2) return (jpeg[at + 7] << 8) + jpeg[at + 8];
        }
    }
}
