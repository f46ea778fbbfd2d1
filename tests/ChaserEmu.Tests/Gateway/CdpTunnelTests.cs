using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.NetworkInformation;
using System.Text.Json;
using ChaserEmu.Browsers.Local;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Browsers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace ChaserEmu.Tests.Gateway;

/// <summary>A client's connection to its session's browser: handshake, forwarding and end.</summary>
[Trait("Needs", "Chrome")]
public sealed class CdpTunnelTests
{
    private const int Large = 20_000_000;

    [Fact]
    public async Task A_refused_upgrade_has_a_status_and_a_JSON_error()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Max=1");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        using var testMode = emulator.CreateClient(Emulator.TestKey);
        var ready = await http.CreateReadySessionAsync();
        var creating = await http.CreateSessionAsync();
        var unprovisioned = await testMode.CreateReadySessionAsync();
        var unknown = ready.Text("cdp_url")!.Replace(ready.Id(), "sess_019ec0d0-a88a-73f2-9741-8030dc82a854", StringComparison.Ordinal);

        await AssertRefusedAsync(unknown, 404, "session_not_found");
        await AssertRefusedAsync(ready.Text("cdp_url")! + "x", 404, "session_not_found");
        await AssertRefusedAsync(ready.Text("cdp_url")! + "/devtools/page/NONE", 404, "not_found");
        await AssertRefusedAsync(creating.Text("cdp_url")!, 409, "session_not_ready");
        await AssertRefusedAsync(unprovisioned.Text("cdp_url")!, 409, "session_not_provisioned");
        await http.DeleteAsync($"/v1/sessions/{creating.Id()}");
        await AssertRefusedAsync(creating.Text("cdp_url")!, 409, "session_not_open");
        Assert.Equal(HttpStatusCode.UpgradeRequired, (await http.GetAsync($"/sessions/{ready.Id()}")).StatusCode);

        static async Task AssertRefusedAsync(string cdpUrl, int status, string code)
        {
            using var client = await RawCdpClient.RequestUpgradeAsync(cdpUrl);
            Assert.StartsWith($"HTTP/1.1 {status} ", client.ResponseHead, StringComparison.Ordinal);
            Assert.Contains("Content-Type: application/json", client.ResponseHead, StringComparison.Ordinal);
            Assert.Contains("x-chaser-emu: ", client.ResponseHead, StringComparison.Ordinal);
            var body = "";
            while (!body.Contains("}}", StringComparison.Ordinal)) body += (char)(await client.ReadAsync(1))[0];
            Assert.Contains($"\"code\":\"{code}\"", body, StringComparison.Ordinal);
            Assert.Contains("\"message\":\"", body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task One_browser_connection_is_prepared_for_the_next_client_and_closed_with_the_session()
    {
        await using var emulator = Emulator.StartWithChrome("Transport:Plain=false");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        var devTools = await ((LocalBrowser)emulator.GetLiveSession(session.Id()).Browser!).ConnectAsync(CancellationToken.None);
        var port = devTools.Address.Port;
        await Eventually.IsTrueAsync(() => devTools.IsPreconnected);
        var prepared = GetConnections();
        Assert.Single(prepared);
        using (var client = await RawCdpClient.RequestUpgradeAsync(session.Text("cdp_url")!))
        {
            Assert.StartsWith("HTTP/1.1 101 ", client.ResponseHead, StringComparison.Ordinal);
            Assert.Equal(prepared, GetConnections());
        }

        await Eventually.IsTrueAsync(() => GetConnections() is { Count: 1 } next && next[0] != prepared[0]);
        await http.DeleteAsync($"/v1/sessions/{session.Id()}");
        await Eventually.IsTrueAsync(() => GetConnections().Count == 0);

        List<int> GetConnections() => [.. from connection in IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections()
                                       where connection.RemoteEndPoint.Port == port && connection.State is TcpState.Established
                                       select connection.LocalEndPoint.Port];
    }

    [Theory]
    [InlineData("client_delete", 1000, false, false)]
    [InlineData("client_delete", 1000, true, false)]
    [InlineData("ttl_expired", 1001, false, false)]
    [InlineData("ttl_expired", 1001, true, false)]
    [InlineData("abandoned_orphan", 1001, false, false)]
    [InlineData("abandoned_orphan", 1001, true, false)]
    [InlineData("substrate_down", 1011, false, false)]
    [InlineData("client_delete", 1000, false, true)]
    [InlineData("client_delete", 1000, true, true)]
    [InlineData("ttl_expired", 1001, true, true)]
    [InlineData("substrate_down", 1011, false, true)]
    public async Task The_end_of_a_session_sends_a_close_frame_with_the_reason_at_a_frame_boundary(string reason, int code, bool whileStreaming, bool plain)
    {
        await using var emulator = Emulator.StartWithChrome($"Transport:Plain={plain}");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
        if (whileStreaming) await client.RequestLargeMessageAsync(Large);

        var ending = EndSessionAsync(emulator, http, session, reason);
        var frames = await client.ReadToEndAsync();
        await ending;

        Assert.Equal((code, reason), frames[^1].Close);
        Assert.All(frames.SkipLast(1), frame => JsonDocument.Parse(frame.Payload).Dispose());
        if (whileStreaming) Assert.InRange(Assert.Single(frames, frame => frame.Payload.Length > 1000).Payload.Length, Large, Large + 1000);
    }

    [Fact]
    public async Task A_message_cut_off_by_a_browser_kill_never_looks_complete()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
        await client.RequestLargeMessageAsync(Large);

        await EndSessionAsync(emulator, http, session, "substrate_down");
        var frames = await client.ReadToEndAsync();

        // Either the kernel had received the whole message and the reason follows, or the connection was aborted.
        if (frames.Count > 0 && frames[^1].Opcode == RawFrame.CloseOpcode) Assert.Equal((1011, "substrate_down"), frames[^1].Close);
        Assert.All(frames.Where(frame => frame.Opcode != RawFrame.CloseOpcode), frame => JsonDocument.Parse(frame.Payload).Dispose());
    }

    [Fact]
    public async Task A_client_that_never_reads_does_not_delay_the_end_of_its_session()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
        await client.RequestLargeMessageAsync(Large);

        var answer = await http.DeleteAsync($"/v1/sessions/{session.Id()}").WaitAsync(TimeSpan.FromSeconds(15));

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal("client_delete", (await http.GetSessionAsync(session.Id())).Text("ended_reason"));
    }

    [Fact]
    public async Task A_client_that_ignores_the_close_frame_does_not_delay_the_end_of_its_session()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);

        await http.DeleteAsync($"/v1/sessions/{session.Id()}").WaitAsync(TimeSpan.FromSeconds(15));

        Assert.Equal((1000, "client_delete"), (await client.ReadFrameAsync())!.Close);
        Assert.Null(await client.ReadFrameAsync());
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("end")]
    [InlineData("close")]
    public async Task The_idle_limit_starts_when_the_client_disconnects(string disconnect)
    {
        await using var emulator = Emulator.StartWithChrome("Sessions:IdleSeconds=300");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        await emulator.FreezeAsync();
        var session = await http.CreateReadySessionAsync(new { ttl_seconds = 3600 });
        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
        Assert.Empty(await emulator.AdvanceAsync(1000));

        if (disconnect == "reset") client.ResetConnection();
        if (disconnect == "end") client.Dispose();
        if (disconnect == "close") await client.SendFrameAsync(RawFrame.CloseOpcode, [3, 232]);
        await Eventually.GetAsync(() => emulator.InspectAsync(session.Id()), details => details.GetProperty("cdp_connections").GetInt32() == 0);

        Assert.Empty(await emulator.AdvanceAsync(299));
        var end = Assert.Single(await emulator.AdvanceAsync(100));
        Assert.Equal("idle_expired", end!["ended_reason"]!.GetValue<string>());
        var ended = await http.GetSessionAsync(session.Id());
        Assert.Equal(TimeSpan.FromSeconds(1300), ended.GetProperty("ended_at").GetDateTimeOffset() - ended.GetProperty("ready_at").GetDateTimeOffset());
    }

    [Fact]
    public async Task A_message_of_twenty_megabytes_passes_both_ways()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        await using var client = await DevToolsClient.ConnectAsync(new Uri(session.Text("cdp_url")!));
        var page = Assert.Single(await client.AttachToPagesAsync());

        var up = await client.EvaluateAsync(page, $"'{new string('x', Large)}'.length");
        var down = await client.EvaluateAsync(page, $"'y'.repeat({Large})");

        Assert.Equal(Large, up!.GetValue<int>());
        Assert.Equal(Large, down!.GetValue<string>().Length);
        Assert.True((await http.GetSessionAsync(session.Id())).GetProperty("bytes_up").GetInt64() >= Large);
    }

    [Fact]
    public async Task Twenty_connections_at_once_are_served()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        var clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => DevToolsClient.ConnectAsync(new Uri(session.Text("cdp_url")!))));

        var versions = await Task.WhenAll(clients.Select(client => client.CallAsync("Browser.getVersion")));

        Assert.All(versions, version => Assert.Equal("1.3", version["protocolVersion"]!.GetValue<string>()));
        Assert.Equal(20, (await emulator.InspectAsync(session.Id())).GetProperty("cdp_connections").GetInt32());
        foreach (var client in clients) await client.DisposeAsync();
        await Eventually.GetAsync(() => emulator.InspectAsync(session.Id()), details => details.GetProperty("cdp_connections").GetInt32() == 0);
        Assert.Equal("ready", (await http.GetSessionAsync(session.Id())).Text("status"));
    }

    [Fact]
    public async Task Compression_is_declined()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();

        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits");

        Assert.DoesNotContain("Sec-WebSocket-Extensions", client.ResponseHead, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", client.ResponseHead, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_frame_rejected_by_the_browser_ends_the_connection_and_not_the_session()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);

        await client.SendFrameAsync(2, [1, 2, 3]);

        Assert.Equal((1011, "connection closed by the browser"), Assert.Single(await client.ReadToEndAsync()).Close);
        await Eventually.GetAsync(() => emulator.InspectAsync(session.Id()), details => details.GetProperty("cdp_connections").GetInt32() == 0);
        Assert.Equal("ready", (await http.GetSessionAsync(session.Id())).Text("status"));
    }

    [Fact]
    public async Task A_closed_page_ends_only_its_own_connections()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        await using var browser = await DevToolsClient.ConnectAsync(new Uri(session.Text("cdp_url")!));
        var page = (await browser.CallAsync("Target.createTarget", new { url = "about:blank" }))["targetId"]!.GetValue<string>();
        using var client = await RawCdpClient.ConnectAsync($"{session.Text("cdp_url")}/devtools/page/{page}");

        await browser.CallAsync("Target.closeTarget", new { targetId = page });

        Assert.Equal((1000, "page closed"), (await client.ReadToEndAsync())[^1].Close);
        Assert.Single(await browser.AttachToPagesAsync());
    }

    [Theory]
    [InlineData("ttl_expired")]
    [InlineData("substrate_down")]
    public async Task The_session_is_ended_when_its_client_receives_the_close_frame(string reason)
    {
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);

        if (reason == "ttl_expired") await http.PostAsync($"/_emu/sessions/{session.Id()}/end", JsonContent.Create(new { reason }));
        else Process.GetProcessById((await emulator.InspectAsync(session.Id())).GetProperty("browser_pid").GetInt32()).Kill();
        Assert.Equal(reason, (await client.ReadFrameAsync())!.Close.Reason);
        var (one, list) = (http.GetSessionAsync(session.Id()), http.GetFromJsonAsync<JsonElement>("/v1/sessions"));
        await client.ReadToEndAsync();

        Assert.Equal(reason, (await one).Text("ended_reason"));
        Assert.Equal(reason, Assert.Single((await list).GetProperty("data").EnumerateArray()).Text("ended_reason"));
    }

    [Fact]
    public async Task A_client_that_closes_the_browser_ends_its_connection_and_not_the_session()
    {
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);

        await client.SendCommandAsync("Browser.close");
        Assert.Equal(1000, (await client.ReadToEndAsync())[^1].Close.Code);

        await using var next = await DevToolsClient.ConnectAsync(new Uri(session.Text("cdp_url")!));
        Assert.Single(await next.AttachToPagesAsync());
        Assert.Equal("ready", (await http.GetSessionAsync(session.Id())).Text("status"));
    }

    /// <summary>About one in a hundred browsers crashes while it closes. That counts as a close. Only SIGKILL ends the session.</summary>
    [Theory]
    [InlineData("TRAP", 1000, "ready")]
    [InlineData("KILL", 1011, "closed")]
    public async Task A_crash_after_Browser_close_counts_as_a_close(string signal, int code, string status)
    {
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
        var browser = (await emulator.InspectAsync(session.Id())).GetProperty("browser_pid").GetInt32();

        await SignalAsync("STOP", browser);
        await client.SendCommandAsync("Browser.close");
        await WaitUntilForwardedAsync();
        await client.SendCommandAsync("Browser.getVersion");
        await WaitUntilForwardedAsync();
        await SignalAsync(signal, browser);
        if (signal != "KILL") await SignalAsync("CONT", browser);

        Assert.Equal(code, (await client.ReadToEndAsync())[^1].Close.Code);
        await Eventually.GetAsync(() => http.GetSessionAsync(session.Id()), now => now.Text("status") == status);

        // Bytes are counted before the command is detected. When the second command is counted, the first one has been detected.
        Task WaitUntilForwardedAsync() => Eventually.GetAsync(() => emulator.InspectAsync(session.Id()), details => details.GetProperty("cdp").GetProperty("bytes_up").GetInt64() == client.Sent);
    }

    [Fact]
    public async Task A_client_that_disconnects_causes_no_error_in_the_log()
    {
        await using var emulator = Emulator.StartWithChrome("Logging:LogLevel:Default=Warning");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        using (var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!))
        {
            await client.SendCommandAsync("Browser.getVersion");
            await client.ReadFrameAsync();
        }

        await Eventually.GetAsync(() => emulator.InspectAsync(session.Id()), details => details.GetProperty("cdp_connections").GetInt32() == 0);
        await http.DeleteAsync($"/v1/sessions/{session.Id()}");
        await emulator.DisposeAsync();

        Assert.DoesNotContain(emulator.Logs.Lines, line => line.Contains("Exception", StringComparison.Ordinal));
    }

    /// <summary>YARP's default limit of 100 seconds would end a connection without traffic.</summary>
    [Fact]
    public async Task A_quiet_connection_has_no_activity_timeout()
    {
        var configs = new ConcurrentBag<ForwarderRequestConfig>();
        await using var emulator = Emulator.StartWithChrome(services =>
        {
            var real = services.Last(service => service.ServiceType == typeof(IHttpForwarder)).ImplementationType!;
            services.AddSingleton<IHttpForwarder>(provider =>
                new RecordingForwarder((IHttpForwarder)ActivatorUtilities.CreateInstance(provider, real), configs));
        });
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();

        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);

        Assert.Equal(Timeout.InfiniteTimeSpan, Assert.Single(configs).ActivityTimeout);
    }

    private static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    private static async Task EndSessionAsync(Emulator emulator, HttpClient http, JsonElement session, string reason)
    {
        switch (reason)
        {
            case "client_delete":
                await http.DeleteAsync($"/v1/sessions/{session.Id()}");
                break;
            case "ttl_expired":
                await emulator.AdvanceAsync(1800);
                break;
            case "substrate_down":
                Process.GetProcessById((await emulator.InspectAsync(session.Id())).GetProperty("browser_pid").GetInt32()).Kill();
                await Eventually.GetAsync(() => http.GetSessionAsync(session.Id()), now => now.Text("status") == "closed");
                break;
            default:
                await emulator.DisposeAsync();
                break;
        }
    }

    private sealed class RecordingForwarder(IHttpForwarder real, ConcurrentBag<ForwarderRequestConfig> configs) : IHttpForwarder
    {
        public ValueTask<ForwarderError> SendAsync(
            HttpContext context, string destinationPrefix, HttpMessageInvoker httpClient, ForwarderRequestConfig requestConfig, HttpTransformer transformer)
        {
            configs.Add(requestConfig);
            return real.SendAsync(context, destinationPrefix, httpClient, requestConfig, transformer, CancellationToken.None);
        }

        public ValueTask<ForwarderError> SendAsync(
            HttpContext context, string destinationPrefix, HttpMessageInvoker httpClient, ForwarderRequestConfig requestConfig, HttpTransformer transformer, CancellationToken cancellationToken)
        {
            configs.Add(requestConfig);
            return real.SendAsync(context, destinationPrefix, httpClient, requestConfig, transformer, cancellationToken);
        }
    }
}
