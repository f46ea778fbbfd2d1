using System.Net.Http.Json;
using ChaserEmu.Contracts;

namespace Reports.Tests;

public sealed class SessionTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    [Fact]
    public async Task A_session_ends_after_its_TTL()
    {
        var emu = fixture.Emulator;
        var cancel = TestContext.Current.CancellationToken;
        using var client = emu.CreateClient(emu.NewKey());
        await client.PostAsJsonAsync("/v1/sessions", new { ttl_seconds = 60 }, cancel);

        var move = await emu.Clock.AdvanceAsync(TimeSpan.FromMinutes(1), cancel);

        Assert.Contains(move.Transitions, transition => transition.EndedReason is EndedReason.TtlExpired);
    }
}
