using System.Net.Http.Json;
using ChaserEmu.Contracts;
using ChaserEmu.Testing;

namespace Reports.Tests;

public sealed class SessionTests
{
    private ChaserEmulator _emu = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _emu = await ChaserEmulator.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _emu.DisposeAsync();

    [Test]
    public async Task A_session_ends_after_its_TTL()
    {
        using var client = _emu.CreateClient(_emu.NewKey());
        await client.PostAsJsonAsync("/v1/sessions", new { ttl_seconds = 60 });

        var move = await _emu.Clock.AdvanceAsync(TimeSpan.FromMinutes(1));

        Assert.That(move.Transitions.Select(transition => transition.EndedReason), Does.Contain(EndedReason.TtlExpired));
    }
}
