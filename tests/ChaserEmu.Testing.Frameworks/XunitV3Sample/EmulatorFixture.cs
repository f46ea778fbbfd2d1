using ChaserEmu.Testing;

namespace Reports.Tests;

public sealed class EmulatorFixture : IAsyncLifetime
{
    public ChaserEmulator Emulator { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Emulator = await ChaserEmulator.StartAsync();

    public async ValueTask DisposeAsync() => await Emulator.DisposeAsync();
}
