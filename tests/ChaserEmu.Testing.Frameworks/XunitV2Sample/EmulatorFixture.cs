using ChaserEmu.Testing;

namespace Reports.Tests;

public sealed class EmulatorFixture : IAsyncLifetime
{
    public ChaserEmulator Emulator { get; private set; } = null!;

    public async Task InitializeAsync() => Emulator = await ChaserEmulator.StartAsync();

    public async Task DisposeAsync() => await Emulator.DisposeAsync();
}
