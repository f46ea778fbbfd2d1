using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;

namespace ChaserEmu.Tests.Accounts;

/// <summary><c>GET /v1/usage</c>.</summary>
public sealed class UsageTests
{
    [Fact]
    public async Task Usage_has_exactly_the_documented_fields()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        await emulator.SeedUsageAsync(Emulator.TestKey, new ByteCount(1_000, 3_000), 2);

        var usage = await client.GetFromJsonAsync<JsonElement>("/v1/usage");

        Assert.Equal(["period", "from", "to", "totals", "by_region", "by_key", "by_day"], usage.GetPropertyNames());
        Assert.Equal(["bytes_up", "bytes_down", "bytes_total", "sessions", "billed_micro_usd"], usage.GetProperty("totals").GetPropertyNames());
        Assert.Equal("""{"bytes_up":1000,"bytes_down":3000,"bytes_total":4000,"sessions":2,"billed_micro_usd":20}""", usage.GetProperty("totals").GetRawText());
        Assert.Equal("""[{"region":"local","sessions":2,"bytes_total":4000,"billed_micro_usd":20}]""", usage.GetProperty("by_region").GetRawText());
        var key = Assert.Single(usage.GetProperty("by_key").EnumerateArray());
        Assert.Equal(["key_id", "key_prefix", "key_name", "sessions", "bytes_total", "billed_micro_usd"], key.GetPropertyNames());
        Assert.Equal((await emulator.AuthenticateAsync(Emulator.TestKey)).Key.Id, key.Text("key_id"));
        Assert.StartsWith("cha_test_", key.Text("key_prefix"), StringComparison.Ordinal);
        Assert.All(usage.GetProperty("by_day").EnumerateArray(), day => Assert.Equal(["date", "bytes_total", "sessions"], day.GetPropertyNames()));

        Assert.Equal("current", usage.Text("period"));
        var now = emulator.Clock.GetUtcNow();
        Assert.Equal($"{now:yyyy-MM-dd'T'HH:mm:ss.fff}Z", usage.Text("to"));
        Assert.Equal($"{now:yyyy-MM}-01T00:00:00Z", usage.Text("from"));
    }

    [Theory]
    [InlineData(346_651_910, 54, 1_733_259)]
    [InlineData(289_218_898, 30, 1_446_094)]
    public async Task The_documented_billing_examples_are_reproduced_exactly(long bytes, int sessions, long billed)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await emulator.SeedUsageAsync(Emulator.TestKey, new ByteCount(bytes / 3, bytes - bytes / 3), sessions);

        var totals = (await client.GetFromJsonAsync<JsonElement>("/v1/usage")).GetProperty("totals");

        Assert.Equal(bytes, totals.GetProperty("bytes_total").GetInt64());
        Assert.Equal(sessions, totals.GetProperty("sessions").GetInt32());
        Assert.Equal(billed, totals.GetProperty("billed_micro_usd").GetInt64());
    }

    [Fact]
    public void Billing_is_rounded_down_once_per_sum_and_not_per_session()
    {
        var now = new DateTimeOffset(2026, 6, 13, 12, 0, 0, TimeSpan.Zero);
        var parts = Enumerable.Range(0, 54).Select(i => new DailyUsage(
            new("ws_a"), new DateOnly(2026, 6, 1 + i % 13), "key_a", "local", i, 346_651_910 / 54 - i + (i < 346_651_910 % 54 ? 1 : 0), 1));

        var report = UsageReport.Create([.. parts], now);

        Assert.Equal((346_651_910, 54, 1_733_259), (report.Totals.BytesTotal, report.Totals.Sessions, report.Totals.BilledMicroUsd));
        Assert.Equal(13, report.ByDay.Count);
        Assert.Equal(54, report.ByDay.Sum(row => row.Sum.Sessions));
    }

    [Fact]
    public async Task Days_without_usage_are_listed_as_zero_and_a_new_month_starts_empty()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var first = UsageReport.FirstOfMonth(emulator.Clock.GetUtcNow()).AddMonths(1);
        await emulator.AdvanceAsync((first.AddDays(1) - emulator.Clock.GetUtcNow()).TotalSeconds);
        await client.DeleteAsync($"/v1/sessions/{(await client.CreateSessionAsync()).Id()}");
        await emulator.SeedUsageAsync(Emulator.TestKey, new ByteCount(40, 60), 1, "elsewhere");
        await emulator.AdvanceAsync(TimeSpan.FromDays(2).TotalSeconds);

        var usage = await client.GetFromJsonAsync<JsonElement>("/v1/usage");
        Assert.Equal(
            [(1, 0, 0), (2, 100, 2), (3, 0, 0), (4, 0, 0)],
            usage.GetProperty("by_day").EnumerateArray().Select(day => (
                int.Parse(day.Text("date")![^2..], null), day.GetProperty("bytes_total").GetInt32(), day.GetProperty("sessions").GetInt32())));
        Assert.StartsWith($"{first:yyyy-MM}-", usage.GetProperty("by_day")[0].Text("date"), StringComparison.Ordinal);
        Assert.Equal(["elsewhere", "local"], usage.GetProperty("by_region").EnumerateArray().Select(region => region.Text("region")));

        await emulator.AdvanceAsync((first.AddMonths(1) - emulator.Clock.GetUtcNow()).TotalSeconds);
        var next = await client.GetFromJsonAsync<JsonElement>("/v1/usage");
        Assert.Equal(0, next.GetProperty("totals").GetProperty("sessions").GetInt32());
        Assert.Single(next.GetProperty("by_day").EnumerateArray());
        Assert.Empty(next.GetProperty("by_key").EnumerateArray());
    }

    [Fact]
    public async Task Usage_is_not_visible_to_another_workspace()
    {
        await using var emulator = Emulator.Start();
        using var other = emulator.CreateClient("cha_test_another");
        await emulator.SeedUsageAsync(Emulator.TestKey, new ByteCount(1, 1), 1);

        var usage = await other.GetFromJsonAsync<JsonElement>("/v1/usage");

        Assert.Equal(0, usage.GetProperty("totals").GetProperty("sessions").GetInt32());
    }

    [Fact]
    public async Task Each_session_is_counted_once_while_others_are_created_and_deleted()
    {
        await using var emulator = Emulator.Start("Limits:CreatesPerMinute=0");
        using var client = emulator.CreateClient();
        var created = 0;
        var ended = false;

        var work = Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                var id = (await client.CreateSessionAsync()).Id();
                Interlocked.Increment(ref created);
                await client.DeleteAsync($"/v1/sessions/{id}");
            }

            Volatile.Write(ref ended, true);
        });

        while (!Volatile.Read(ref ended) && !work.IsCompleted)
        {
            var before = Volatile.Read(ref created);
            var sessions = (await client.GetFromJsonAsync<JsonElement>("/v1/usage")).GetProperty("totals").GetProperty("sessions").GetInt32();
            Assert.InRange(sessions, before, Volatile.Read(ref created) + 1);
        }

        await work;
    }
}
