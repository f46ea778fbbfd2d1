namespace ChaserEmu.Tests;

/// <summary>Shares one emulator between test cases that do not affect each other. Its sessions stay in <c>creating</c>.</summary>
public sealed class SharedEmulatorFixture : IAsyncLifetime
{
    internal Emulator Emulator { get; } = Emulator.Start("Sessions:ProvisioningSeconds=3600", "Limits:Concurrent=0", "Limits:CreatesPerMinute=0");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Emulator.DisposeAsync();
}
