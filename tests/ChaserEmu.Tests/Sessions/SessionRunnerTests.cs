using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using ChaserEmu.Browsers;
using ChaserEmu.Sessions;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Tests.Control;
using ChaserEmu.Tests.Gateway;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Sessions;

/// <summary>Sessions with browsers in memory: nothing that a session does needs a process, a pipe or a port.</summary>
public sealed class SessionRunnerTests
{
    [Fact]
    public async Task A_ready_session_has_the_device_and_address_of_its_browser_and_ends_it()
    {
        var browsers = new FakeBrowserSource();
        await using var emulator = Emulator.StartWithBrowsers(browsers);
        using var client = emulator.CreateClient(Emulator.LiveKey);

        var ready = await client.CreateReadySessionAsync();
        var browser = Assert.Single(browsers.Browsers);
        Assert.Equal(("ready", browser.Device.Name, FakeBrowserSource.Ip), (ready.Text("status"), ready.Text("device"), ready.Text("proxy_ip")));
        Assert.Equal(JsonValueKind.Null, (await emulator.InspectAsync(ready.Id())).GetProperty("browser_pid").ValueKind);
        Assert.True(browser is { AllowsEgress: true, HasEgressFaults: true, IsDisposed: false });

        using (var counter = browser.EgressMeter.OpenCounter()) counter.AddDown(2_000_000);
        Assert.Equal(2_000_000, (await client.GetSessionAsync(ready.Id())).GetProperty("bytes_down").GetInt64());
        (await client.DeleteAsync($"/v1/sessions/{ready.Id()}")).EnsureSuccessStatusCode();
        Assert.True(browser.IsDisposed);
        Assert.Equal(10_000, (await emulator.InspectAsync(ready.Id())).GetProperty("billed_micro_usd").GetInt64());
    }

    [Fact]
    public async Task A_crash_ends_the_session_with_substrate_down_and_costs_nothing()
    {
        var browsers = new FakeBrowserSource();
        await using var emulator = Emulator.StartWithBrowsers(browsers);
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var id = (await client.CreateReadySessionAsync()).Id();
        var browser = Assert.Single(browsers.Browsers);
        using (var counter = browser.EgressMeter.OpenCounter()) counter.AddDown(2_000_000);

        browser.Kill();

        var ended = await Eventually.GetAsync(() => client.GetSessionAsync(id), session => session.Text("status") == "closed");
        Assert.Equal("substrate_down", ended.Text("ended_reason"));
        Assert.Equal(0, (await emulator.InspectAsync(id)).GetProperty("billed_micro_usd").GetInt64());
        Assert.True(browser.IsDisposed);
    }

    [Fact]
    public async Task A_crash_during_the_provisioning_delay_ends_the_session_in_error()
    {
        var browsers = new FakeBrowserSource();
        await using var emulator = Emulator.StartWithBrowsers(browsers, "Sessions:ProvisioningSeconds=20");
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var id = (await client.CreateSessionAsync()).Id();
        await emulator.AdvanceAsync(10);
        Assert.Single(browsers.Browsers).Kill();

        var end = Assert.Single(await emulator.AdvanceAsync(10));

        Assert.Equal((id, "error"), (end!["session_id"]!.GetValue<string>(), end["status"]!.GetValue<string>()));
        Assert.True(Assert.Single(browsers.Browsers).IsDisposed);
    }

    /// <summary>At this rate a TTL of 60 s passes in 60 µs, while the session starts.</summary>
    [Fact]
    public async Task A_session_is_never_ready_after_its_TTL()
    {
        await using var emulator = Emulator.StartWithBrowsers(new FakeBrowserSource(), "Clock:Rate=1000000");
        using var client = emulator.CreateClient(Emulator.LiveKey);

        for (var i = 0; i < 20; i++)
        {
            var id = (await client.CreateSessionAsync(new { ttl_seconds = 60 })).Id();
            var ended = await Eventually.GetAsync(() => client.GetSessionAsync(id), session => session.Text("status") == "closed");

            Assert.Equal("ttl_expired", ended.Text("ended_reason"));
            Assert.True(ended.Text("ready_at") is not { } ready || string.CompareOrdinal(ready, ended.Text("ended_at")) <= 0, ended.GetRawText());
        }
    }

    [Fact]
    public async Task A_failed_start_ends_the_session_in_error_and_logs_why()
    {
        await using var emulator = Emulator.StartWithBrowsers(new FakeBrowserSource { LastFailure = "There is no node." }, "Logging:LogLevel:ChaserEmu=Error");
        using var client = emulator.CreateClient(Emulator.LiveKey);

        var ended = await client.CreateReadySessionAsync();

        Assert.Equal(("error", null), (ended.Text("status"), ended.Text("ended_reason")));
        Assert.Contains(emulator.Logs.Lines, line => line.StartsWith($"{ended.Id()} could not become ready. There is no node.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_deleted_while_its_browser_starts_leaves_no_browser()
    {
        var starting = new TaskCompletionSource();
        var browsers = new FakeBrowserSource { Starting = starting.Task };
        await using var emulator = Emulator.StartWithBrowsers(browsers);
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var id = (await client.CreateSessionAsync()).Id();

        (await client.DeleteAsync($"/v1/sessions/{id}")).EnsureSuccessStatusCode();

        Assert.Equal("client_delete", (await client.GetSessionAsync(id)).Text("ended_reason"));
        Assert.Empty(browsers.Browsers);
        Assert.Equal(0, browsers.Counts.InUse);
    }

    [Fact]
    public async Task Idle_limit_and_ttl_end_the_session_and_its_browser_at_their_times()
    {
        var browsers = new FakeBrowserSource();
        await using var emulator = Emulator.StartWithBrowsers(browsers, "Sessions:IdleSeconds=300");
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var idle = (await client.CreateReadySessionAsync()).Id();
        var expiring = (await client.CreateReadySessionAsync(new { ttl_seconds = 60 })).Id();

        var ends = await emulator.AdvanceAsync(60);
        Assert.Equal((expiring, "ttl_expired"), (ends.Single()!["session_id"]!.GetValue<string>(), ends.Single()!["ended_reason"]!.GetValue<string>()));
        Assert.Equal([false, true], browsers.Browsers.Select(browser => browser.IsDisposed));
        ends = await emulator.AdvanceAsync(240);
        Assert.Equal((idle, "idle_expired"), (ends.Single()!["session_id"]!.GetValue<string>(), ends.Single()!["ended_reason"]!.GetValue<string>()));
        Assert.All(browsers.Browsers, browser => Assert.True(browser.IsDisposed));
    }

    [Fact]
    public async Task Sessions_above_the_limit_wait_in_order_and_an_advance_does_not_wait_for_them()
    {
        var browsers = new FakeBrowserSource(capacity: 1);
        await using var emulator = Emulator.StartWithBrowsers(browsers, "Sessions:IdleSeconds=86400");
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var first = (await client.CreateReadySessionAsync()).Id();
        var (second, third) = ((await client.CreateSessionAsync()).Id(), (await client.CreateSessionAsync()).Id());
        await Eventually.IsTrueAsync(() => browsers.Counts.Waiting == 2);

        Assert.Empty(await emulator.AdvanceAsync(10));
        (await client.DeleteAsync($"/v1/sessions/{first}")).EnsureSuccessStatusCode();
        await emulator.AdvanceAsync(0);
        Assert.Equal(("ready", "creating"), ((await client.GetSessionAsync(second)).Text("status"), (await client.GetSessionAsync(third)).Text("status")));
        (await client.DeleteAsync($"/v1/sessions/{third}")).EnsureSuccessStatusCode();
        Assert.Equal(0, browsers.Counts.Waiting);
    }

    [Fact]
    public async Task A_shutdown_ends_all_sessions_and_browsers()
    {
        var browsers = new FakeBrowserSource(capacity: 1);
        await using var emulator = Emulator.StartWithBrowsers(browsers, "Limits:Concurrent=0", "Limits:CreatesPerMinute=0");
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var ready = (await client.CreateReadySessionAsync()).Id();
        var queued = (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.CreateSessionAsync()))).Select(session => session.Id());

        await emulator.Services.GetRequiredService<SessionRegistry>().ShutdownAsync(CancellationToken.None);

        foreach (var id in queued.Append(ready)) Assert.Equal("abandoned_orphan", (await client.GetSessionAsync(id)).Text("ended_reason"));
        // No waiting session starts a browser in the place that the first one leaves.
        Assert.True(Assert.Single(browsers.Browsers).IsDisposed);
    }

    [Fact]
    public async Task A_freeze_fault_holds_until_its_rule_is_deleted()
    {
        var browsers = new FakeBrowserSource { Capabilities = BrowserCapabilities.Freeze };
        await using var emulator = Emulator.StartWithBrowsers(browsers);
        using var client = emulator.CreateClient(Emulator.LiveKey);
        await client.CreateReadySessionAsync();
        var browser = Assert.Single(browsers.Browsers);

        var rule = await emulator.AddFaultAsync(new { effect = new { type = "browser_freeze" } });
        await Eventually.IsTrueAsync(() => browser.IsFrozen);
        await emulator.DeleteFaultAsync(rule);
        await Eventually.IsTrueAsync(() => !browser.IsFrozen);
    }

    [Fact]
    public async Task A_freeze_fault_of_a_browser_that_cannot_freeze_does_not_fire_and_the_next_rule_applies()
    {
        var browsers = new FakeBrowserSource();
        await using var emulator = Emulator.StartWithBrowsers(browsers, "Logging:LogLevel:ChaserEmu=Warning");
        await emulator.FreezeAsync();
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var rule = await emulator.AddFaultAsync(new { effect = new { type = "browser_freeze", after_seconds = 5 } });
        await emulator.AddFaultAsync(new { effect = new { type = "browser_crash", after_seconds = 10 } });
        var id = (await client.CreateReadySessionAsync()).Id();

        Assert.Empty(await emulator.AdvanceAsync(5));
        Assert.False(Assert.Single(browsers.Browsers).IsFrozen);
        Assert.Contains(emulator.Logs.Lines, line => line.StartsWith($"Fault {rule} did not fire: the browser of {id} cannot be frozen.", StringComparison.Ordinal));
        Assert.Equal("substrate_down", (string?)Assert.Single(await emulator.AdvanceAsync(5))!["ended_reason"]);
        Assert.Equal([0, 1], (await emulator.ListFaultsAsync()).Select(fault => fault.GetProperty("fired").GetInt32()));
    }

    [Fact]
    public async Task A_client_talks_to_a_browser_that_has_no_socket_and_gets_the_reason_of_the_end()
    {
        var browsers = new FakeBrowserSource { Open = (_, _) => new(MemoryConnection.OpenEcho()) };
        await using var emulator = Emulator.StartWithBrowsers(browsers);
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();
        using var cdp = new ClientWebSocket();
        await cdp.ConnectAsync(new Uri(session.Text("cdp_url")!), CancellationToken.None);
        var buffer = new byte[64 * 1024];

        foreach (var length in new[] { 5, 2_000, 60_000 })
        {
            var message = Encoding.ASCII.GetBytes(new string('x', length));
            await cdp.SendAsync(message, WebSocketMessageType.Text, true, CancellationToken.None);
            for (var received = 0; received < length;) received += (await cdp.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).DefaultTimeout()).Count;
        }

        Assert.True((await client.GetSessionAsync(session.Id())).GetProperty("bytes_down").GetInt64() > 62_005);
        var deleting = client.DeleteAsync($"/v1/sessions/{session.Id()}");
        Assert.Equal(WebSocketMessageType.Close, (await cdp.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).DefaultTimeout()).MessageType);
        Assert.Equal("client_delete", cdp.CloseStatusDescription);
        await cdp.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        (await deleting).EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task A_browser_that_refuses_connections_and_cannot_restart_is_reported_at_once()
    {
        await using var emulator = Emulator.StartWithBrowsers(new FakeBrowserSource());
        using var client = emulator.CreateClient(Emulator.LiveKey);
        var session = await client.CreateReadySessionAsync();

        using var refused = await RawCdpClient.RequestUpgradeAsync(session.Text("cdp_url")!);

        Assert.StartsWith("HTTP/1.1 502 ", refused.ResponseHead, StringComparison.Ordinal);
        Assert.Equal("ready", (await client.GetSessionAsync(session.Id())).Text("status"));
    }
}
