using ChaserEmu.Contracts;
using ChaserEmu.Testing;

namespace Reports.Tests;

public sealed class ExpiryTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    [Fact]
    public async Task An_expired_session_is_replaced()
    {
        var emu = fixture.Emulator;
        var client = new SessionClient(emu.CreateClient(emu.NewKey()), wait: _ => throw new InvalidOperationException());
        var first = await client.OpenAsync();

        var move = await emu.Clock.AdvanceAsync(TimeSpan.FromMinutes(2));

        Assert.Contains(move.Transitions, transition => transition is { EndedReason: EndedReason.TtlExpired } && transition.SessionId == first);
        Assert.NotEqual(first, await client.OpenAsync());
    }
}
