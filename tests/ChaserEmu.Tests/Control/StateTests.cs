using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChaserEmu.Control;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Domain;

namespace ChaserEmu.Tests.Control;

/// <summary><c>/_emu/state</c> and <c>State:Seed</c>.</summary>
public sealed class StateTests
{
    [Fact]
    public async Task An_exported_state_is_restored_byte_for_byte()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        await emulator.FreezeAsync();
        var id = (await client.CreateReadySessionAsync()).Id();
        await client.DeleteAsync($"/v1/sessions/{id}");
        await client.CreateReadySessionAsync(new { ttl_seconds = 60 });
        var key = await (await user.PostAsJsonAsync("/v1/keys", new { name = "ci's" })).ReadJsonAsync(HttpStatusCode.Created);
        await user.DeleteAsync($"/v1/keys/{key.Id()}");
        await emulator.AdvanceAsync(60);
        await emulator.AddFaultAsync(new { match = new { key = Emulator.TestKey, route = "/v1/usage" }, effect = new { type = "unavailable" }, count = 2 });
        await emulator.AddFaultAsync(new { effect = new { type = "cdp_close", code = 4000 }, probability = 0.5 });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/v1/usage")).StatusCode);
        var before = await client.GetStringAsync("/_emu/state");

        await ResetTests.ResetAsync(emulator);
        Assert.NotEqual(before, await client.GetStringAsync("/_emu/state"));
        var imported = await (await PutAsync(client, before)).ReadJsonAsync();

        Assert.Equal(before, await client.GetStringAsync("/_emu/state"));
        Assert.Equal(0, imported.GetProperty("abandoned").GetInt32());
        Assert.Equal("client_delete", (await client.GetSessionAsync(id)).Text("ended_reason"));
        using var revoked = emulator.CreateClient(key.Text("secret"));
        await revoked.GetAsync("/v1/sessions").AssertErrorCodeAsync(401, "unauthorized");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/v1/usage")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/v1/usage")).StatusCode);
        Assert.StartsWith("{\n  \"version\": 1,\n  \"clock\": {", before, StringComparison.Ordinal);
        Assert.DoesNotContain("\\u0027", before, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Text("secret")!, before, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_state_file_of_an_earlier_version_is_restored_with_UUIDs_as_key_ids()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        using var user = emulator.CreateDashboardClient(Emulator.TestKey);
        await emulator.FreezeAsync();
        await client.DeleteAsync($"/v1/sessions/{(await client.CreateReadySessionAsync()).Id()}");
        var key = (await (await user.GetAsync("/v1/keys")).ReadJsonAsync()).GetProperty("keys")[0].Id();
        (await user.PostAsJsonAsync($"/v1/keys/{key}/rotate", new { })).EnsureSuccessStatusCode();
        var before = await client.GetStringAsync("/_emu/state");
        var former = FormerKeyIds.Restore(before);
        Assert.Equal(0, Regex.Count(former, key));

        (await PutAsync(client, former)).EnsureSuccessStatusCode();

        Assert.Equal(before, await client.GetStringAsync("/_emu/state"));
        Assert.True(Regex.Count(before, key) >= 4, "A key id is in keys, sessions, usage and audit.");
    }

    [Fact]
    public async Task A_state_above_State_MaxBytes_returns_413_with_advice()
    {
        await using var emulator = Emulator.Start("State:MaxBytes=1000");
        using var client = emulator.CreateClient();
        var state = """{"version":1,"workspaces":[]}""";
        (await PutAsync(client, state.PadRight(1000))).EnsureSuccessStatusCode();

        foreach (var length in new[] { 1001, 20_000_000 })
        {
            using var chunked = new StreamContent(new MemoryStream(System.Text.Encoding.ASCII.GetBytes(state.PadRight(length))));
            using var request = new HttpRequestMessage(HttpMethod.Put, "/_emu/state") { Content = chunked };
            request.Headers.TransferEncodingChunked = length == 1001;
            request.Headers.ExpectContinue = length > 1001;
            var refused = await (await client.SendAsync(request)).ReadJsonAsync(HttpStatusCode.RequestEntityTooLarge);
            Assert.Equal("The state is larger than State:MaxBytes, 1000 bytes. Raise it (CHASER_EMU_State__MaxBytes), or import the file at start with State:Seed.", refused.Text("detail"));
        }
    }

    /// <summary>One entry, or white space, of 100 MB: the reader must not collect it.</summary>
    [FactOnLinux]
    public async Task A_state_is_read_as_a_stream()
    {
        await CheckMemoryAsync('x', "workspaces[0]");
        await CheckMemoryAsync(' ', "version");
    }

    private static async Task CheckMemoryAsync(char filler, string place)
    {
        const int Megabytes = 100;
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-");
        try
        {
            await using var emulator = await EmulatorProcess.StartAsync(folder.FullName, "Browsers:Path=none");
            using var client = emulator.CreateClient();
            var (start, end) = filler == 'x' ? ("{\"version\":1,\"workspaces\":[{\"id\":\"", "\"}]}") : ("{\"version\":1,", "\"workspaces\":[]}");
            (await PutAsync(client, start + end)).Dispose();
            var before = GetPeakMegabytes(emulator);

            using var body = new RepeatedContent(start, new string(filler, 1_000_000), Megabytes, end);
            using var response = await client.PutAsync("/_emu/state", body);

            var refused = await response.ReadJsonAsync(HttpStatusCode.BadRequest);
            Assert.Equal($"The state cannot be read. It has a value, or white space, of more than {StateReader.MaxEntryBytes} bytes at or after {place}.", refused.Text("detail"));
            Assert.InRange(GetPeakMegabytes(emulator) - before, 0, Megabytes);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static int GetPeakMegabytes(EmulatorProcess emulator) =>
        int.Parse(Regex.Match(File.ReadAllText($"/proc/{emulator.Id}/status"), @"VmHWM:\s+(\d+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) / 1000;

    [Theory]
    [InlineData("""{"version":1,"version":1}""", "It has the field version twice.")]
    [InlineData("""{"version":1,"clock":{"now":"2026-01-01T00:00:00Z","now":"2026-01-01T00:00:00Z"}}""", "It has the field clock.now twice.")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"},{"id":"ws_b","id":"ws_b"}]}""", "It has the field workspaces[1].id twice.")]
    [InlineData("""{"version":1} x""", "It is not valid JSON: line 1, byte 15.")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}""", "It is not valid JSON: line 1, byte 41.")]
    [InlineData("", "It is not valid JSON: line 1, byte 1.")]
    [InlineData("""{"version":"1\","}""", "version must be a whole number.")]
    [InlineData("""{"version":1,"clock":"\ud800"}""", "clock must be a JSON object.")]
    [InlineData("""{"\ud800":1}""", "It has a field name that is not valid UTF-8, or with an unpaired surrogate.")]
    public async Task A_state_with_invalid_JSON_is_refused_with_the_place_of_the_error(string state, string error)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();

        var refused = await (await PutAsync(client, state)).ReadJsonAsync(HttpStatusCode.BadRequest);

        Assert.Equal("The state cannot be read. " + error, refused.Text("detail"));
    }

    [Fact]
    public async Task A_state_that_arrives_byte_by_byte_and_with_a_byte_order_mark_is_read()
    {
        var text = """{"version":1,"workspaces":[{"id":"ws_a"},null]}""";
        await using var file = new SlowStream([.. System.Text.Encoding.UTF8.Preamble, .. System.Text.Encoding.UTF8.GetBytes(text)]);

        var error = await Assert.ThrowsAsync<StateValidationException>(() => StateReader.ReadAsync(file, CancellationToken.None));

        Assert.Equal("The state cannot be read. workspaces[1] must be a JSON object.", error.Message);
    }

    [Fact]
    public async Task Importing_a_state_clears_the_journal_and_resets_its_recording_mode()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await client.GetAsync("/v1/usage");
        (await client.PutAsJsonAsync("/_emu/journal/cdp", new { recording = "bodies" })).EnsureSuccessStatusCode();

        (await PutAsync(client, """{"version":1}""")).EnsureSuccessStatusCode();

        Assert.Empty((await client.GetFromJsonAsync<JsonElement>("/_emu/journal")).GetProperty("entries").EnumerateArray());
        Assert.Equal("off", (await client.GetFromJsonAsync<JsonElement>("/_emu/journal/cdp")).Text("recording"));
    }

    [Fact]
    public async Task Imported_open_sessions_become_abandoned_orphan()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        var id = (await client.CreateReadySessionAsync()).Id();
        var state = await client.GetStringAsync("/_emu/state");

        var imported = await (await PutAsync(client, state)).ReadJsonAsync();

        Assert.Equal(1, imported.GetProperty("abandoned").GetInt32());
        Assert.Equal("abandoned_orphan", (await client.GetSessionAsync(id)).Text("ended_reason"));
        await client.CreateReadySessionAsync();
    }

    [Theory]
    [InlineData("""{"version":2}""", "version is 2")]
    [InlineData("""{"workspaces":[]}""", "The state cannot be read. version is missing; it must be a whole number.")]
    [InlineData("""{"version":1,"workspaces":[{"balance":1}]}""", "The state cannot be read. Unknown field 'workspaces[0].balance'. Allowed fields: id, key, created_at, balance_micro_usd.")]
    [InlineData("""{"version":1,"workspaces":[{}]}""", "workspaces[0] needs an id, or a key")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"},{"id":"ws_a"}]}""", "workspaces has the id ws_a twice")]
    [InlineData("""{"version":1,"keys":[{"workspace":"ws_a","secret":"cha_test_a"}]}""", "keys[0].workspace is ws_a, which is not in workspaces")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"sessions":[{"id":"x","workspace":"ws_a","key_id":"68c58c43-dafc-433c-9d19-3719ab740159","status":"closed","created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T00:30:00Z"}]}""", "sessions[0].id is x")]
    [InlineData("""{"version":1,"faults":[{"effect":{"type":"reset"}},{"effect":{"type":"delay"}}]}""", "faults[1]: effect.seconds is missing; it must be a number.")]
    [InlineData("""{"version":1,"faults":[{"effect":{"type":"reset"},"match":{"key":"cha_tes"}}]}""", "faults[0]: match.key must be")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"keys":[{"workspace":null,"secret":"cha_test_a"}]}""", "The state cannot be read. keys[0].workspace must be a string.")]
    [InlineData("""{"version":1,"clock":{"frozen":true}}""", "clock has no now")]
    [InlineData("""{"version":1,"clock":{"now":"2026-01-01T00:00:00Z","rate":-5}}""", "clock.rate is -5, but must be above 0")]
    [InlineData("""{"version":1,"clock":{"now":"2026-01-01T00:00:00Z","rate":1e300}}""", "clock.rate is 1E+300, but must be above 0 and at most 1000000")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"audit":[{"id":9223372036854775807,"workspace":"ws_a","at":"2026-01-01T00:00:00Z","action":"x"}]}""", "audit[0].id must be from 1 to")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"sessions":[{"id":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854","workspace":"ws_a","key_id":"68c58c43-dafc-433c-9d19-3719ab740159","status":"error","created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T00:30:00Z","ended_at":"2026-01-01T00:10:00Z","cdp":{"bytes_up":-5,"bytes_down":0}}]}""", "sessions[0].cdp must not have values below 0")]
    [InlineData("not json", "The state cannot be read. It is not valid JSON: line 1, byte 2.")]
    [InlineData("""[]""", "The state cannot be read. It must be a JSON object.")]
    [InlineData("""null""", "The state cannot be read. It must be a JSON object.")]
    [InlineData("""{"version":1,"wrkspaces":[]}""", "The state cannot be read. Unknown field 'wrkspaces'. Allowed fields: version, clock, workspaces, keys, sessions, usage, audit, faults.")]
    [InlineData("""{"version":1,"workspaces":{}}""", "workspaces must be a JSON array.")]
    [InlineData("""{"version":1,"workspaces":[null]}""", "workspaces[0] must be a JSON object.")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a","balance_micro_usd":"1"}]}""", "workspaces[0].balance_micro_usd must be a whole number.")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a","created_at":"today"}]}""", "workspaces[0].created_at must be a time such as \"2026-06-13T11:49:20.651182Z\".")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a","id":"ws_b"}]}""", "The state cannot be read. It has the field workspaces[0].id twice.")]
    [InlineData("""{"version":1,"workspaces":[{"id":""}]}""", "workspaces[0].id is '', which is not a workspace id (ws_ followed by 1 to 64 letters, digits, _ or -).")]
    [InlineData("""{"version":1,"workspaces":[{"id":"acme corp"}]}""", "workspaces[0].id is 'acme corp', which is not a workspace id")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a","balance_micro_usd":9223372036854775807}]}""", "workspaces[0].balance_micro_usd is 9223372036854775807, but must be from -1000000000000000000 to 1000000000000000000.")]
    [InlineData("""{"version":1,"clock":{"now":"9000-01-01T00:00:00Z"}}""", "clock.now is 9000-01-01T00:00:00.000000Z, but emulated time ends at 9000-01-01T00:00:00.000000Z.")]
    [InlineData("""{"version":1,"clock":{"now":"2026-01-01T00:00:00Z","speed":2}}""", "Unknown field 'clock.speed'. Allowed fields: now, rate, frozen.")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"sessions":[{"id":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854","workspace":"ws_a","key_id":"68c58c43-dafc-433c-9d19-3719ab740159","status":"gone","created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T00:30:00Z"}]}""", "sessions[0].status must be creating, ready, closed or error.")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"sessions":[{"id":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854","workspace":"ws_a","key_id":"68c58c43-dafc-433c-9d19-3719ab740159","status":"error","created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T00:30:00Z","ended_at":"2025-12-31T00:00:00Z"}]}""", "sessions[0].ended_at is 2025-12-31T00:00:00.000000Z, before its created_at 2026-01-01T00:00:00.000000Z.")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"sessions":[{"id":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854","workspace":"ws_a","key_id":"68c58c43-dafc-433c-9d19-3719ab740159","status":"ready","created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T00:30:00Z","ready_at":"2025-12-31T00:00:00Z"}]}""", "sessions[0].ready_at is 2025-12-31T00:00:00.000000Z, before its created_at 2026-01-01T00:00:00.000000Z.")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"sessions":[{"id":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854","workspace":"ws_a","key_id":"68c58c43-dafc-433c-9d19-3719ab740159","status":"error","created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T00:30:00Z","ended_at":"2026-01-01T00:10:00Z","cdp":{"bytes_up":0,"bytes_dwn":5}}]}""", "Unknown field 'sessions[0].cdp.bytes_dwn'. Allowed fields: bytes_up, bytes_down.")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"sessions":[{"id":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854","workspace":"ws_a","key_id":"68c58c43-dafc-433c-9d19-3719ab740159","status":"error","created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T00:30:00Z","ended_at":"2026-01-01T00:10:00Z","cdp":{"bytes_up":9223372036854775807,"bytes_down":9223372036854775807}}]}""", "sessions and usage have 18446744073709551614 bytes in total, but the maximum is 1000000000000000000.")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"sessions":[{"id":"sess_019ec0d0-a88a-73f2-9741-8030dc82a854","workspace":"ws_a","key_id":"68c58c43-dafc-433c-9d19-3719ab740159","status":"error","created_at":"2026-01-01T00:00:00Z","expires_at":"2026-01-01T00:30:00Z","ended_at":"2026-01-01T00:10:00Z","billed_micro_usd":-1}]}""", "sessions[0].billed_micro_usd is -1, but must be from 0 to 1000000000000000.")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"usage":[{"workspace":"ws_a","day":"2026-01-01","key_id":"68c58c43-dafc-433c-9d19-3719ab740159","region":"local","bytes_up":9223372036854775807,"bytes_down":0},{"workspace":"ws_a","day":"2026-01-01","key_id":"68c58c43-dafc-433c-9d19-3719ab740160","region":"local","bytes_up":1,"bytes_down":0}]}""", "sessions and usage have 9223372036854775808 bytes in total")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"usage":[{"workspace":"ws_a","day":"2026-01-01","key_id":"68c58c43-dafc-433c-9d19-3719ab740159","region":"local","sessions":2147483647}]}""", "usage has 2147483647 sessions in total, but the maximum is 1000000000.")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"usage":[{"workspace":"ws_a","day":"2026-01-01","key_id":"68c58c43-dafc-433c-9d19-3719ab740159","region":"local","sessions":2147483648}]}""", "usage[0].sessions must be a whole number.")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"usage":[{"workspace":"ws_a","day":"2026-01-01","key_id":"key_1","region":"local"}]}""", "usage[0].key_id is 'key_1', which is not a key id (a UUID in lower case).")]
    [InlineData("""{"version":1,"workspaces":[{"id":"ws_a"}],"keys":[{"workspace":"ws_a","id":"68C58C43-DAFC-433C-9D19-3719AB740159","prefix":"cha_test_","hash":"","test_mode":true}]}""", "keys[0].id is '68C58C43-DAFC-433C-9D19-3719AB740159', which is not a key id")]
    [InlineData("""{"version":1,"faults":[{"effect":{"type":"reset"},"workspace":"mine"}]}""", "faults[0]: workspace must be a workspace id")]
    [InlineData("""{"version":1,"faults":[{"effect":{"type":"reset"},"match":{"route":"/v1/sesions"}}]}""", "faults[0]: match.route must be a route such as /v1/sessions/{id}")]
    public async Task An_invalid_state_is_rejected_with_its_path_and_changes_nothing(string state, string why)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var id = (await client.CreateReadySessionAsync()).Id();
        var before = await client.GetStringAsync("/_emu/state");

        var refused = await (await PutAsync(client, state)).ReadJsonAsync(HttpStatusCode.BadRequest);

        Assert.Contains(why, refused.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(before, await client.GetStringAsync("/_emu/state"));
        Assert.Equal("ready", (await client.GetSessionAsync(id)).Text("status"));
    }

    [Fact]
    public async Task The_largest_accepted_usage_does_not_overflow()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient("cha_live_much");
        Assert.True(ChaserEmu.Domain.ApiKeySecret.TryParse("cha_live_much", out var secret));
        var workspace = ChaserEmu.Accounts.AccountRegistry.DeriveWorkspace(secret);
        var state = $$"""{"version":1,"clock":{"now":"2026-06-13T12:00:00Z","frozen":true},"workspaces":[{"key":"cha_live_much"},{"id":"ws_a"}],"usage":[{"workspace":"{{workspace}}","day":"2026-06-13","key_id":"68c58c43-dafc-433c-9d19-3719ab740159","region":"local","bytes_up":400000000000000000,"bytes_down":600000000000000000,"sessions":1000000000}]}""";

        (await PutAsync(client, state)).EnsureSuccessStatusCode();

        var totals = (await (await client.GetAsync("/v1/usage")).ReadJsonAsync()).GetProperty("totals");
        Assert.Equal((1_000_000_000_000_000_000, 1_000_000_000), (totals.GetProperty("bytes_total").GetInt64(), totals.GetProperty("sessions").GetInt32()));
    }

    [Fact]
    public async Task The_largest_free_credit_survives_export_and_import()
    {
        await using var emulator = Emulator.Start($"Billing:FreeBytes={long.MaxValue}");
        using var client = emulator.CreateClient();
        await client.CreateReadySessionAsync();

        await (await PutAsync(client, await client.GetStringAsync("/_emu/state"))).ReadJsonAsync(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_clock_without_a_rate_runs_at_rate_1()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();

        await (await PutAsync(client, """{"version":1,"clock":{"now":"2026-06-13T12:00:00Z","frozen":true}}""")).ReadJsonAsync(HttpStatusCode.OK);

        Assert.Equal("""{"now":"2026-06-13T12:00:00.000000Z","rate":1,"frozen":true}""", (await client.GetStringAsync("/_emu/clock")).Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task State_Seed_fills_an_empty_database_only_once()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        var seed = Path.Combine(folder, "seed.json");

        // With a byte order mark, as Windows editors write it.
        await File.WriteAllTextAsync(seed, """{"version":1,"workspaces":[{"key":"cha_test_rich","balance_micro_usd":99000000},{"key":"cha_test_poor","balance_micro_usd":0}],"faults":[{"match":{"key":"cha_test_rich"},"effect":{"type":"unavailable"},"count":1}]}""", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        for (var start = 0; start < 2; start++)
        {
            await using var emulator = Emulator.StartIn(folder, "State:Seed=" + seed);
            using var poor = emulator.CreateClient("cha_test_poor");
            await poor.PostSessionAsync().AssertErrorCodeAsync(402, "payment_required");
            Assert.Equal(99_000_000 + start * 10_000_000, await emulator.GetBalanceAsync("cha_test_rich"));
            if (start > 0) continue;
            using var rich = emulator.CreateClient("cha_test_rich");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await rich.GetAsync("/v1/usage")).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await rich.GetAsync("/v1/usage")).StatusCode);
            using var user = emulator.CreateDashboardClient("cha_test_rich");
            await user.PayAsync((await (await user.PostAsJsonAsync("/v1/billing/topup", new { amount_usd = 10 })).ReadJsonAsync()).Text("checkout_url"));
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task An_invalid_seed_stops_the_start_with_the_reason()
    {
        var seed = Path.GetTempFileName();
        await File.WriteAllTextAsync(seed, """{"version":1,"workspaces":[{}]}""");

        var why = await Emulator.GetStartErrorAsync("Storage:Path=:memory:", "State:Seed=" + seed);
        Assert.Equal($"State:Seed '{seed}': The state's workspaces[0] needs an id, or a key.", why);
        Assert.Contains("does not exist", await Emulator.GetStartErrorAsync("Storage:Path=:memory:", "State:Seed=/no/such"), StringComparison.Ordinal);
        File.Delete(seed);
    }

    private static Task<HttpResponseMessage> PutAsync(HttpClient client, string state) =>
        client.PutAsync("/_emu/state", new StringContent(state, Encoding.UTF8, "application/json"));

    /// <summary>A body that is generated while it is sent.</summary>
    private sealed class RepeatedContent(string start, string part, int count, string end) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var bytes = System.Text.Encoding.ASCII.GetBytes(part);
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(start));
            for (var i = 0; i < count; i++) await stream.WriteAsync(bytes);
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(end));
        }

        protected override bool TryComputeLength(out long length)
        {
            length = start.Length + ((long)part.Length * count) + end.Length;
            return true;
        }
    }

    /// <summary>Returns one byte per read.</summary>
    private sealed class SlowStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..1], cancellationToken);
    }
}
