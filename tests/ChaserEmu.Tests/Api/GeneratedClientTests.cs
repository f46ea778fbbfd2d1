using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Api;

// Inside the namespace, the names of the generated client hide those of ChaserEmu.Contracts.
using ChaserEmu.GeneratedClient;

/// <summary>Runs the client that NSwag generates from the checked-in contract against an emulator.</summary>
public sealed class GeneratedClientTests
{
    [Fact]
    public async Task It_creates_gets_lists_and_deletes_a_session()
    {
        await using var emulator = Emulator.Start();
        using var http = emulator.CreateClient();
        var client = new ChaserClient(http);

        var created = await client.CreateSessionAsync(new CreateSessionRequest { Ttl_seconds = 600 });
        Assert.Equal(SessionStatus.Creating, created.Status);
        Assert.Equal(TimeSpan.FromSeconds(600) - ChaserEmu.Domain.Session.ExpiryLead, created.Expires_at - created.Created_at);

        var session = await Eventually.GetAsync(() => client.GetSessionAsync(created.Id), session => session.Status is not SessionStatus.Creating);
        Assert.Equal((SessionStatus.Ready, null), (session.Status, session.Ended_reason));
        Assert.Equal(created.Cdp_url, session.Cdp_url);
        Assert.NotNull(session.Device);

        var list = await client.ListSessionsAsync(limit: 1);
        Assert.Equal(session.Id, Assert.Single(list.Data).Id);
        Assert.False(list.Has_more);
        Assert.Null(list.Next_cursor);

        await client.DeleteSessionAsync(session.Id);
        var ended = await client.GetSessionAsync(session.Id);
        Assert.Equal((SessionStatus.Closed, EndedReason.Client_delete), (ended.Status, ended.Ended_reason));
        Assert.Equal(1, (await client.GetUsageAsync()).Totals.Sessions);

        var second = await client.CreateSessionAsync(new CreateSessionRequest());
        var newest = await client.ListSessionsAsync(limit: 1);
        var oldest = await client.ListSessionsAsync(limit: 1, cursor: newest.Next_cursor);
        Assert.Equal((second.Id, session.Id), (Assert.Single(newest.Data).Id, Assert.Single(oldest.Data).Id));
        Assert.False(oldest.Has_more);
    }

    [Fact]
    public async Task It_exposes_the_status_and_code_of_errors()
    {
        await using var emulator = Emulator.Start("Limits:Concurrent=1");
        using var http = emulator.CreateClient();
        var client = new ChaserClient(http);
        var id = (await client.CreateSessionAsync(new CreateSessionRequest())).Id;

        var full = await Assert.ThrowsAsync<ApiException<ErrorResponse>>(() => client.CreateSessionAsync(new CreateSessionRequest()));
        Assert.Equal((429, ErrorCode.Concurrency_limit), (full.StatusCode, full.Result.Error.Code));
        Assert.True(int.Parse(Assert.Single(full.Headers["Retry-After"]), null) > 0);

        await client.DeleteSessionAsync(id);
        var ended = await Assert.ThrowsAsync<ApiException<ErrorResponse>>(() => client.DeleteSessionAsync(id));
        Assert.Equal((409, ErrorCode.Session_not_open), (ended.StatusCode, ended.Result.Error.Code));

        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "none");
        Assert.Equal(401, (await Assert.ThrowsAsync<ApiException<ErrorResponse>>(() => client.ListSessionsAsync())).StatusCode);
    }

    [Fact]
    public async Task It_calls_dashboard_routes_with_the_cookie()
    {
        await using var emulator = Emulator.Start();
        using var http = emulator.CreateDashboardClient();
        var client = new ChaserClient(http);

        var key = await client.CreateKeyAsync(new CreateKeyRequest { Name = "ci", Test_mode = true });
        var rotated = await client.RotateKeyAsync(key.Id, new RotateKeyRequest { Grace_days = 1 });
        await client.RevokeKeyAsync(key.Id);

        Assert.Equal([key.Id, rotated.Id], (await client.ListKeysAsync()).Keys.Select(listed => listed.Id));
        Assert.StartsWith(emulator.Address.ToString(), (await client.TopUpAsync(new TopupRequest { Amount_usd = 10 })).Checkout_url.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_follows_the_audit_stream()
    {
        await using var emulator = Emulator.Start();
        using var http = emulator.CreateDashboardClient();
        var client = new ChaserClient(http);
        var key = await client.CreateKeyAsync(new CreateKeyRequest { Name = "ci" });

        using var stream = await client.StreamAuditAsync(last_Event_ID: 0);
        await using var events = SseParser.Create(stream.Stream).EnumerateAsync().GetAsyncEnumerator();

        Assert.True(await events.MoveNextAsync());
        Assert.Equal("key.created", events.Current.EventType);
        var entry = System.Text.Json.JsonSerializer.Deserialize<AuditEntry>(events.Current.Data)!;
        Assert.Equal((AuditEntryAction.Key_created, key.Id, "ci"), (entry.Action, entry.Subject, entry.Detail));
    }

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task It_takes_a_screenshot_and_gets_the_live_view_URL()
    {
        await using var emulator = Emulator.StartWithChrome("Browsers:Warm=0");
        using var http = emulator.CreateClient(Emulator.LiveKey);
        var client = new ChaserClient(http);
        var id = (await http.CreateReadySessionAsync()).Id();

        using var picture = await client.TakeScreenshotAsync(id, new ScreenshotRequest { Format = ScreenshotRequestFormat.Jpeg, Quality = 50 });
        using var image = new MemoryStream();
        await picture.Stream.CopyToAsync(image);
        var preview = await client.CreatePreviewTokenAsync(id);

        Assert.Equal("jpeg", ImageInfo.Parse(image.ToArray()).Format);
        Assert.Equal((5, true), (preview.Fps, preview.Input_enabled));
        Assert.StartsWith($"ws://{emulator.Address.Authority}/sessions/{id}/preview?token=", preview.Url.ToString(), StringComparison.Ordinal);
        await client.DeleteSessionAsync(id);
        Assert.Equal(ErrorCode.Session_not_open, (await Assert.ThrowsAsync<ApiException<ErrorResponse>>(() => client.TakeScreenshotAsync(id))).Result.Error.Code);
        Assert.Equal(ErrorCode.Session_not_open, (await Assert.ThrowsAsync<ApiException<ErrorResponse>>(() => client.CreatePreviewTokenAsync(id))).Result.Error.Code);
    }
}
