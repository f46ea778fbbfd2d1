using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.NetworkInformation;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Browsers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace ChaserEmu.Tests.Gateway;

/// <summary>A client's connection to its session's browser: how it begins, what it carries, and how it ends.</summary>
[Trait("Needs", "Chrome")]
public sealed class CdpTunnelTests
{
    private const int Large = 20_000_000;

    [Fact]
    public async Task A_refused_upgrade_has_a_status_and_a_JSON_error()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Max=1");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        using var tests = emulator.CreateClient(Emulator.TestKey);
        var ready = await http.CreateReadySessionAsync();
        var creating = await http.CreateSessionAsync();
        var unprovisioned = await tests.CreateReadySessionAsync();
        var unknown = ready.Text("cdp_url")!.Replace(ready.Id(), "sess_019ec0d0-a88a-73f2-9741-8030dc82a854", StringComparison.Ordinal);

        await IsRefusedAsync(unknown, 404, "session_not_found");
        await IsRefusedAsync(ready.Text("cdp_url")! + "x", 404, "session_not_found");
        await IsRefusedAsync(ready.Text("cdp_url")! + "/devtools/page/NONE", 404, "not_found");
        await IsRefusedAsync(creating.Text("cdp_url")!, 409, "session_not_ready");
        await IsRefusedAsync(unprovisioned.Text("cdp_url")!, 409, "session_not_provisioned");
        await http.DeleteAsync($"/v1/sessions/{creating.Id()}");
        await IsRefusedAsync(creating.Text("cdp_url")!, 409, "session_not_open");
        Assert.Equal(HttpStatusCode.UpgradeRequired, (await http.GetAsync($"/sessions/{ready.Id()}")).StatusCode);

        static async Task IsRefusedAsync(string cdpUrl, int status, string code)
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
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        var devTools = await emulator.GetLiveSession(session.Id()).Browser!.ConnectAsync(CancellationToken.None);
        var port = devTools.Address.Port;
        await Eventually.IsTrueAsync(() => devTools.IsPreconnected);
        var prepared = Connections();
        Assert.Single(prepared);
        using (var client = await RawCdpClient.RequestUpgradeAsync(session.Text("cdp_url")!))
        {
            Assert.StartsWith("HTTP/1.1 101 ", client.ResponseHead, StringComparison.Ordinal);
            Assert.Equal(prepared, Connections());
        }

        await Eventually.IsTrueAsync(() => Connections() is { Count: 1 } next && next[0] != prepared[0]);
        await http.DeleteAsync($"/v1/sessions/{session.Id()}");
        await Eventually.IsTrueAsync(() => Connections().Count == 0);

        List<int> Connections() => [.. from connection in IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections()
                                       where connection.RemoteEndPoint.Port == port && connection.State is TcpState.Established
                                       select connection.LocalEndPoint.Port];
    }

    [Theory]
    [InlineData("client_delete", 1000, false)]
    [InlineData("client_delete", 1000, true)]
    [InlineData("ttl_expired", 1001, false)]
    [InlineData("ttl_expired", 1001, true)]
    [InlineData("abandoned_orphan", 1001, false)]
    [InlineData("abandoned_orphan", 1001, true)]
    [InlineData("substrate_down", 1011, false)]
    public async Task The_end_of_a_session_sends_a_close_frame_with_the_reason_at_a_frame_boundary(string reason, int code, bool whileStreaming)
    {
        await using var emulator = Emulator.StartWithChrome();
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
        if (whileStreaming) await client.RequestLargeMessageAsync(Large);

        var ending = EndAsync(emulator, http, session, reason);
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

        await EndAsync(emulator, http, session, "substrate_down");
        var frames = await client.ReadToEndAsync();

        // Either the kernel had all of it already and the reason follows, or the connection was cut.
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
    public async Task The_idle_limit_starts_when_the_client_disconnects(string leaving)
    {
        await using var emulator = Emulator.StartWithChrome("Sessions:IdleSeconds=300");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        await emulator.FreezeAsync();
        var session = await http.CreateReadySessionAsync(new { ttl_seconds = 3600 });
        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);
        Assert.Empty(await emulator.AdvanceAsync(1000));

        if (leaving == "reset") client.ResetConnection();
        if (leaving == "end") client.Dispose();
        if (leaving == "close") await client.SendFrameAsync(RawFrame.CloseOpcode, [3, 232]);
        await Eventually.GetAsync(() => emulator.InspectAsync(session.Id()), inside => inside.GetProperty("cdp_connections").GetInt32() == 0);

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
        await Eventually.GetAsync(() => emulator.InspectAsync(session.Id()), inside => inside.GetProperty("cdp_connections").GetInt32() == 0);
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
        await Eventually.GetAsync(() => emulator.InspectAsync(session.Id()), inside => inside.GetProperty("cdp_connections").GetInt32() == 0);
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

    /// <summary>Of some hundred browsers that are told to close, one breaks on the way out. Nobody has lost anything by it, and only the system's own kill is no close.</summary>
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
        await CountedAsync();
        await client.SendCommandAsync("Browser.getVersion");
        await CountedAsync();
        await SignalAsync(signal, browser);
        if (signal != "KILL") await SignalAsync("CONT", browser);

        Assert.Equal(code, (await client.ReadToEndAsync())[^1].Close.Code);
        await Eventually.GetAsync(() => http.GetSessionAsync(session.Id()), now => now.Text("status") == status);

        // The second frame is read after the first has been looked at.
        Task CountedAsync() => Eventually.GetAsync(() => emulator.InspectAsync(session.Id()), inside => inside.GetProperty("cdp").GetProperty("bytes_up").GetInt64() == client.Sent);
    }

    [Fact]
    public async Task A_connection_that_its_client_ends_is_no_error_in_the_log()
    {
        await using var emulator = Emulator.StartWithChrome("Logging:LogLevel:Default=Warning");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();
        using (var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!))
        {
            await client.SendCommandAsync("Browser.getVersion");
            await client.ReadFrameAsync();
        }

        await Eventually.GetAsync(() => emulator.InspectAsync(session.Id()), inside => inside.GetProperty("cdp_connections").GetInt32() == 0);
        await http.DeleteAsync($"/v1/sessions/{session.Id()}");
        await emulator.DisposeAsync();

        Assert.DoesNotContain(emulator.Logs.Lines, line => line.Contains("Exception", StringComparison.Ordinal));
    }

    /// <summary>The forwarder's own limit of 100 quiet seconds would end a connection in which nothing is said.</summary>
    [Fact]
    public async Task A_quiet_connection_has_no_activity_timeout()
    {
        var asked = new ConcurrentBag<ForwarderRequestConfig>();
        await using var emulator = Emulator.StartWithChrome(services =>
        {
            var real = services.Last(service => service.ServiceType == typeof(IHttpForwarder)).ImplementationType!;
            services.AddSingleton<IHttpForwarder>(provider =>
                new WatchedForwarder((IHttpForwarder)ActivatorUtilities.CreateInstance(provider, real), asked));
        });
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var session = await http.CreateReadySessionAsync();

        using var client = await RawCdpClient.ConnectAsync(session.Text("cdp_url")!);

        Assert.Equal(Timeout.InfiniteTimeSpan, Assert.Single(asked).ActivityTimeout);
    }

    private static async Task SignalAsync(string signal, int process)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {process}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    private static async Task EndAsync(Emulator emulator, HttpClient http, JsonElement session, string reason)
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

    private sealed class WatchedForwarder(IHttpForwarder real, ConcurrentBag<ForwarderRequestConfig> asked) : IHttpForwarder
    {
        public ValueTask<ForwarderError> SendAsync(
            HttpContext context, string destinationPrefix, HttpMessageInvoker httpClient, ForwarderRequestConfig requestConfig, HttpTransformer transformer)
        {
            asked.Add(requestConfig);
            return real.SendAsync(context, destinationPrefix, httpClient, requestConfig, transformer, CancellationToken.None);
        }

        public ValueTask<ForwarderError> SendAsync(
            HttpContext context, string destinationPrefix, HttpMessageInvoker httpClient, ForwarderRequestConfig requestConfig, HttpTransformer transformer, CancellationToken cancellationToken)
        {
            asked.Add(requestConfig);
            return real.SendAsync(context, destinationPrefix, httpClient, requestConfig, transformer, cancellationToken);
        }
    }
}
