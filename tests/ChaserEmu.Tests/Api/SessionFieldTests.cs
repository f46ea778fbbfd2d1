using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Api;

/// <summary>The fields of every session response, in their order, and the format of each value.</summary>
public sealed class SessionFieldTests
{
    private const string TimestampPattern = @"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$";

    private static readonly string[] CreatedFields = ["id", "object", "status", "cdp_url", "created_at", "expires_at"];

    private static readonly string[] Fields =
    [
        "id", "object", "status", "device", "cdp_url", "bytes_up", "bytes_down", "proxy_ip", "proxy_region",
        "created_at", "ready_at", "expires_at", "ended_at", "ended_reason",
    ];

    [Fact]
    public async Task A_session_has_exactly_fourteen_fields_and_unknown_values_are_null()
    {
        await using var emulator = Emulator.Start("Sessions:ProvisioningSeconds=20", "Sessions:Region=eu-test");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var created = await client.CreateSessionAsync();
        await emulator.AdvanceAsync(19);

        var creating = await client.GetSessionAsync(created.Id());
        await emulator.AdvanceAsync(1);
        var ready = await client.GetSessionAsync(created.Id());
        await client.DeleteAsync($"/v1/sessions/{created.Id()}");
        var ended = await client.GetSessionAsync(created.Id());

        Assert.Equal(CreatedFields, Names(created));
        Assert.All([creating, ready, ended], session => Assert.Equal(Fields, Names(session)));
        Assert.All([creating, ready, ended], session => Assert.All(CreatedFields.Where(name => name != "status"), name => Assert.Equal(created.Text(name), session.Text(name))));
        Assert.Equal(["device", "proxy_ip", "proxy_region", "ready_at", "ended_at", "ended_reason"], Nulls(creating));
        Assert.Equal(["ended_at", "ended_reason"], Nulls(ready));
        Assert.Empty(Nulls(ended));

        Assert.Matches(@"^Android 10 - Chrome \d+ \((Mobile|Tablet)\)$", ready.Text("device"));
        Assert.Equal(("127.0.0.1", "eu-test"), (ready.Text("proxy_ip"), ready.Text("proxy_region")));
        Assert.Matches(TimestampPattern, ready.Text("ready_at"));
        Assert.Matches(TimestampPattern, ended.Text("ended_at"));
        Assert.Equal((0, 0), (ended.GetProperty("bytes_up").GetInt64(), ended.GetProperty("bytes_down").GetInt64()));
        Assert.Equal(("closed", "client_delete"), (ended.Text("status"), ended.Text("ended_reason")));
    }

    [Fact]
    public async Task A_list_has_exactly_four_fields_and_its_items_equal_the_GET_response()
    {
        await using var emulator = Emulator.Start("Sessions:ProvisioningSeconds=20");
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var empty = await client.GetStringAsync("/v1/sessions");
        var id = (await client.CreateSessionAsync()).Id();

        var list = await client.GetFromJsonAsync<JsonElement>("/v1/sessions");

        Assert.Equal("""{"object":"list","data":[],"next_cursor":null,"has_more":false}""", empty);
        Assert.Equal(["object", "data", "next_cursor", "has_more"], Names(list));
        Assert.Equal((await client.GetSessionAsync(id)).GetRawText(), Assert.Single(list.GetProperty("data").EnumerateArray()).GetRawText());
    }

    [Theory]
    [InlineData("{}", 1800)]
    [InlineData("""{"ttl_seconds":60}""", 60)]
    [InlineData("""{"ttl_seconds":3600}""", 3600)]
    public async Task A_session_expires_its_ttl_less_997_microseconds_after_its_creation(string body, int seconds)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();

        var created = await client.CreateSessionAsync(JsonDocument.Parse(body));

        Assert.Equal(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMicroseconds(997), Time(created, "expires_at") - Time(created, "created_at"));
    }

    [Theory]
    [InlineData("{}", "default")]
    [InlineData("""{"profile":"other"}""", "other")]
    public async Task A_profile_is_default_unless_named(string body, string profile)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();

        var id = (await client.CreateSessionAsync(JsonDocument.Parse(body))).Id();

        Assert.Equal(profile, emulator.GetLiveSession(id).Current.Profile);
    }

    [Theory]
    [InlineData(null, "127.0.0.1:4000", "ws://127.0.0.1:4000")]
    [InlineData(null, "emulator", "ws://emulator")]
    [InlineData(null, "[::1]:8080", "ws://[::1]:8080")]
    [InlineData("http://emu.test", "other", "ws://emu.test")]
    [InlineData("http://emu.test:8080/", "other", "ws://emu.test:8080")]
    [InlineData("https://emu.test", "other", "wss://emu.test")]
    [InlineData("https://emu.test/chaser/", "other", "wss://emu.test/chaser")]
    [InlineData(" HTTPS://Emu.test:443 ", "other", "wss://emu.test")]
    public async Task A_cdp_url_uses_Public_BaseUrl_or_else_the_Host_header(string? baseUrl, string host, string expected)
    {
        await using var emulator = baseUrl is null ? Emulator.Start() : Emulator.Start("Public:BaseUrl=" + baseUrl);
        using var client = emulator.CreateClient();
        client.DefaultRequestHeaders.Host = host;

        var created = await client.CreateSessionAsync();

        Assert.Equal($"{expected}/sessions/{created.Id()}", created.Text("cdp_url"));
        Assert.Equal(created.Text("cdp_url"), (await client.GetSessionAsync(created.Id())).Text("cdp_url"));
    }

    [Theory]
    [InlineData("api.chaser.sh", "ws://cdp.chaser.sh")]
    [InlineData("API.chaser.sh:8443", "ws://cdp.chaser.sh:8443")]
    [InlineData("chaser.sh", "ws://cdp.chaser.sh")]
    [InlineData("cdp.chaser.sh", "ws://cdp.chaser.sh")]
    [InlineData("stream.chaser.sh", "ws://cdp.chaser.sh")]
    [InlineData("api.localhost", "ws://api.localhost")]
    public async Task A_cdp_url_under_a_name_of_the_service_uses_its_cdp_name(string host, string expected)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        client.DefaultRequestHeaders.Host = host;

        var created = await client.CreateSessionAsync();

        Assert.Equal($"{expected}/sessions/{created.Id()}", created.Text("cdp_url"));
    }

    [Theory]
    [InlineData(new[] { "Public:BaseUrl=https://api.chaser.sh" }, "wss://cdp.chaser.sh", "wss://stream.chaser.sh")]
    [InlineData(new[] { "Public:BaseUrl=https://emu.test/below/" }, "wss://emu.test/below", "wss://emu.test/below")]
    [InlineData(new[] { "Public:CdpBaseUrl=wss://cdp.emu.test" }, "wss://cdp.emu.test", "ws://127.0.0.1:4000")]
    [InlineData(new[] { "Public:StreamBaseUrl=https://stream.emu.test:8443/" }, "ws://127.0.0.1:4000", "wss://stream.emu.test:8443")]
    [InlineData(new[] { "Public:BaseUrl=http://emu.test", "Public:CdpBaseUrl=ws://a.test", "Public:StreamBaseUrl=ws://b.test:1" }, "ws://a.test", "ws://b.test:1")]
    public async Task Each_of_the_WebSocket_base_URLs_can_be_set(string[] settings, string cdp, string stream)
    {
        await using var emulator = Emulator.Start(settings);
        var urls = emulator.Services.GetRequiredService<ChaserEmu.Http.PublicUrlBuilder>();
        var id = ChaserEmu.Domain.SessionId.Parse("sess_019ec0d0-a88a-73f2-9741-8030dc82a854");
        var request = new Microsoft.AspNetCore.Http.DefaultHttpContext().Request;
        (request.Scheme, request.Host) = ("http", new("127.0.0.1:4000"));

        Assert.Equal(($"{cdp}/sessions/{id}", $"{stream}/sessions/{id}/preview?token=t"), (urls.GetCdpUrl(request, id), urls.GetPreviewUrl(request, id, "t")));
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(property => property.Name);

    private static IEnumerable<string> Nulls(JsonElement element) =>
        element.EnumerateObject().Where(property => property.Value.ValueKind is JsonValueKind.Null).Select(property => property.Name);

    private static DateTimeOffset Time(JsonElement session, string property) => DateTimeOffset.Parse(session.Text(property)!, CultureInfo.InvariantCulture);

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData(" null\n")]
    [InlineData("""{"an_unknown_field": [1, {}]}""")]
    public async Task An_empty_body_means_all_defaults(string body)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();

        using var answer = await client.PostAsync("/v1/sessions", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));

        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }
}
