using System.Net.Http.Json;
using ChaserEmu.Contracts;
using ChaserEmu.Testing;

namespace Reports.Tests;

[TestClass]
public sealed class SessionTests
{
    private static ChaserEmulator _emu = null!;

    [ClassInitialize]
    public static async Task StartAsync(TestContext context) => _emu = await ChaserEmulator.StartAsync();

    [ClassCleanup]
    public static async Task StopAsync() => await _emu.DisposeAsync();

    [TestMethod]
    public async Task A_session_ends_after_its_TTL()
    {
        using var client = _emu.CreateClient(_emu.NewKey());
        await client.PostAsJsonAsync("/v1/sessions", new { ttl_seconds = 60 });

        var move = await _emu.Clock.AdvanceAsync(TimeSpan.FromMinutes(1));

        Assert.Contains(EndedReason.TtlExpired, move.Transitions.Select(transition => transition.EndedReason));
    }
}
