using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using ChaserEmu.Api;
using ChaserEmu.Domain;

namespace ChaserEmu.Tests.Api;

public sealed class PagingTests
{
    private static readonly string[] NoLimits = ["Limits:Concurrent=0", "Limits:CreatesPerMinute=0"];

    [Theory]
    [InlineData(1, 5)]
    [InlineData(4, 5)]
    [InlineData(5, 5)]
    [InlineData(6, 5)]
    [InlineData(100, 100)]
    [InlineData(101, 100)]
    [InlineData(250, 100)]
    public async Task Pages_list_every_session_once_newest_first_and_only_the_last_has_no_more(int count, int limit)
    {
        await using var emulator = Emulator.Start(NoLimits);
        using var client = emulator.CreateClient();
        var created = new List<string>();
        for (var i = 0; i < count; i++) created.Add((await client.CreateSessionAsync()).Id());

        var pages = await ReadAllPagesAsync(client, limit);

        Assert.Equal(created.AsEnumerable().Reverse(), pages.SelectMany(Ids));
        Assert.All(pages[..^1], page => Assert.Equal((limit, true), (Ids(page).Count(), page.GetProperty("has_more").GetBoolean())));
        Assert.False(pages[^1].GetProperty("has_more").GetBoolean());
    }

    [Fact]
    public async Task A_page_has_twenty_sessions_by_default()
    {
        await using var emulator = Emulator.Start(NoLimits);
        using var client = emulator.CreateClient();
        for (var i = 0; i < 21; i++) await client.CreateSessionAsync();

        Assert.Equal(20, Ids(await client.GetFromJsonAsync<JsonElement>("/v1/sessions")).Count());
    }

    [Fact]
    public async Task Sessions_created_at_the_same_frozen_time_keep_their_order()
    {
        await using var emulator = Emulator.Start(NoLimits);
        using var client = emulator.CreateClient();
        await emulator.FreezeAsync();
        var created = new List<JsonElement>();
        for (var i = 0; i < 50; i++) created.Add(await client.CreateSessionAsync());

        Assert.Single(created.Select(session => session.Text("created_at")).Distinct());
        Assert.Equal(created.Select(session => session.Id()).Reverse(), (await ReadAllPagesAsync(client, 7)).SelectMany(Ids));
    }

    [Fact]
    public async Task A_cursor_names_the_creation_time_and_id_of_the_last_session_of_its_page()
    {
        await using var emulator = Emulator.Start(NoLimits);
        using var client = emulator.CreateClient();
        for (var i = 0; i < 3; i++) await client.CreateSessionAsync();

        var page = await client.GetFromJsonAsync<JsonElement>("/v1/sessions?limit=2");

        var last = page.GetProperty("data")[1];
        var cursor = Encoding.ASCII.GetString(Convert.FromBase64String(page.Text("next_cursor")!));
        Assert.Equal($"{last.Text("created_at")![..^1]}+00:00|{last.Id()["sess_".Length..]}", cursor);
    }

    [Fact]
    public void A_cursor_has_the_documented_form()
    {
        var at = new DateTimeOffset(2026, 6, 13, 11, 49, 20, TimeSpan.Zero).AddMicroseconds(651_182);
        var session = new Session
        {
            Id = SessionId.Parse("sess_019ec0d0-a88a-73f2-9741-8030dc82a854"), Workspace = new("ws_a"), KeyId = "", TestMode = true, Profile = "", CreatedAt = at, ProvisionedAt = at, ExpiresAt = at,
        };

        Assert.Equal("MjAyNi0wNi0xM1QxMTo0OToyMC42NTExODIrMDA6MDB8MDE5ZWMwZDAtYTg4YS03M2YyLTk3NDEtODAzMGRjODJhODU0", SessionCursor.Encode(session));
    }

    [Fact]
    public async Task Paging_returns_each_of_a_thousand_sessions_once_while_others_come_and_go()
    {
        await using var emulator = Emulator.Start(NoLimits);
        using var client = emulator.CreateClient();
        var staying = new List<string>();
        var leaving = new ConcurrentQueue<string>();
        for (var i = 0; i < 1000; i++)
        {
            staying.Add((await client.CreateSessionAsync()).Id());
            if (i % 10 == 0) leaving.Enqueue((await client.CreateSessionAsync()).Id());
        }

        // While the pages are read, delete listed sessions and create new ones, which sort first.
        using var readAll = new CancellationTokenSource();
        var (created, deleted) = (0, 0);
        var churning = Task.Run(async () =>
        {
            while (!readAll.IsCancellationRequested)
            {
                leaving.Enqueue((await client.CreateSessionAsync()).Id());
                Interlocked.Increment(ref created);
                Assert.True(leaving.TryDequeue(out var id));
                Assert.Equal(HttpStatusCode.NoContent, (await client.DeleteAsync($"/v1/sessions/{id}")).StatusCode);
                Interlocked.Increment(ref deleted);
            }
        });
        var pages = 0;
        var seen = (await ReadAllPagesAsync(client, 37, async () =>
        {
            // Wait for at least one creation and one deletion before the next page. If the churn failed, its exception follows below.
            var (createdBefore, deletedBefore) = (Volatile.Read(ref created), Volatile.Read(ref deleted));
            await Eventually.IsTrueAsync(() => churning.IsFaulted || (Volatile.Read(ref created) > createdBefore && Volatile.Read(ref deleted) > deletedBefore));
            pages++;
        })).SelectMany(Ids).ToList();
        await readAll.CancelAsync();
        await churning;

        Assert.True(pages >= 1000 / 37);
        Assert.Equal(seen.Count, seen.Distinct().Count());
        Assert.Equal(staying.AsEnumerable().Reverse(), seen.Where(staying.ToHashSet().Contains));
    }

    [Fact]
    public async Task A_cursor_of_another_workspace_lists_only_the_callers_sessions()
    {
        await using var emulator = Emulator.Start(NoLimits);
        using var one = emulator.CreateClient("cha_test_one");
        using var other = emulator.CreateClient("cha_test_other");
        var mine = (await one.CreateSessionAsync()).Id();
        for (var i = 0; i < 3; i++) await other.CreateSessionAsync();
        var cursor = (await other.GetFromJsonAsync<JsonElement>("/v1/sessions?limit=1")).Text("next_cursor");

        Assert.Equal([mine], Ids(await one.GetFromJsonAsync<JsonElement>($"/v1/sessions?cursor={cursor}")));
    }

    private static async Task<List<JsonElement>> ReadAllPagesAsync(HttpClient client, int limit, Func<Task>? afterEachPage = null)
    {
        var pages = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var query = string.Create(CultureInfo.InvariantCulture, $"?limit={limit}{(cursor is null ? "" : "&cursor=" + cursor)}");
            pages.Add(await client.GetFromJsonAsync<JsonElement>("/v1/sessions" + query));
            cursor = pages[^1].Text("next_cursor");
            if (afterEachPage is not null) await afterEachPage();
        }
        while (cursor is not null);

        return pages;
    }

    private static IEnumerable<string> Ids(JsonElement page) => page.GetProperty("data").EnumerateArray().Select(session => session.Id());
}
