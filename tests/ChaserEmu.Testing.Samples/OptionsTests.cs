using ChaserEmu.Client;
using ChaserEmu.Contracts;
using ChaserEmu.Testing;
using Microsoft.Extensions.Logging;

namespace Reports.Tests;

public sealed class OptionsTests
{
    [Fact]
    public async Task An_emulator_starts_with_its_options()
    {
        await using var emu = await ChaserEmulator.StartAsync(new()
        {
            Seed = "42",
            Now = new DateTimeOffset(2026, 6, 13, 12, 0, 0, TimeSpan.Zero),
            Frozen = true,
            Settings = { ["Limits:Concurrent"] = "1" },
            Logging = logging => logging.AddConsole(),
        });

        Assert.Equal(new ClockReading(new DateTimeOffset(2026, 6, 13, 12, 0, 0, TimeSpan.Zero), 1, true), await emu.Clock.GetAsync());
    }

    [Fact]
    public async Task A_missing_emulator_throws_with_its_address()
    {
        using var emu = new ChaserEmulatorClient(new Uri("http://127.0.0.1:1"));

        var exception = await Assert.ThrowsAsync<ChaserEmulatorException>(() => emu.ResetAsync());

        Assert.StartsWith("No emulator answers at http://127.0.0.1:1/", exception.Message, StringComparison.Ordinal);
    }
}
