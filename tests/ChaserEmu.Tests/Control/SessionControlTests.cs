using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Control;

/// <summary><c>/_emu/sessions</c>: seen and ended from outside of their workspaces.</summary>
public sealed class SessionControlTests
{
    [Theory]
    [InlineData("client_delete")]
    [InlineData("ttl_expired")]
    [InlineData("idle_expired")]
    [InlineData("substrate_down")]
    [InlineData("abandoned_orphan")]
    public async Task A_session_ends_by_hand_for_any_of_the_five_reasons_and_has_ended_when_the_answer_comes(string reason)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.Client();
        await emulator.FreezeAsync();
        var id = (await client.CreateReadySessionAsync()).Id();

        var ended = await (await client.PostAsJsonAsync($"/_emu/sessions/{id}/end", new { reason })).JsonAsync();

        Assert.Equal(("closed", reason), (ended.Text("status"), ended.Text("ended_reason")));
        var session = await client.GetSessionAsync(id);
        Assert.Equal(("closed", reason, ChaserEmu.Domain.Timestamp.ToWire(emulator.Clock.GetUtcNow())), (session.Text("status"), session.Text("ended_reason"), session.Text("ended_at")));
        var again = await (await client.PostAsJsonAsync($"/_emu/sessions/{id}/end", new { reason })).JsonAsync(HttpStatusCode.Conflict);
        Assert.Contains("has ended already", again.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reason_or_a_session_that_is_none_is_refused()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.Client();
        var id = (await client.CreateSessionAsync()).Id();

        var reason = await (await client.PostAsJsonAsync($"/_emu/sessions/{id}/end", new { reason = "bored" })).JsonAsync(HttpStatusCode.BadRequest);
        Assert.Equal("reason must be client_delete, ttl_expired, idle_expired, abandoned_orphan, substrate_down.", reason.Text("detail"));
        var missing = await (await client.PostAsJsonAsync($"/_emu/sessions/{id}/end", new { })).JsonAsync(HttpStatusCode.BadRequest);
        Assert.StartsWith("reason is missing", missing.Text("detail"), StringComparison.Ordinal);
        await (await client.PostAsJsonAsync("/_emu/sessions/sess_none/end", new { reason = "ttl_expired" })).JsonAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Open_sessions_of_all_workspaces_are_listed_or_those_of_one()
    {
        await using var emulator = Emulator.Start();
        using var one = emulator.Client("cha_test_one");
        using var other = emulator.Client("cha_test_other");
        var first = (await one.CreateSessionAsync()).Id();
        var second = (await other.CreateSessionAsync()).Id();
        await one.DeleteAsync($"/v1/sessions/{(await one.CreateSessionAsync()).Id()}");

        var all = (await one.GetFromJsonAsync<JsonElement>("/_emu/sessions")).GetProperty("sessions");
        Assert.Equal([first, second], all.EnumerateArray().Select(session => session.Text("session_id")!));
        var workspace = all[1].Text("workspace_id");
        var some = (await one.GetFromJsonAsync<JsonElement>($"/_emu/sessions?workspace={workspace}")).GetProperty("sessions");
        Assert.Equal([second], some.EnumerateArray().Select(session => session.Text("session_id")!));
    }
}
