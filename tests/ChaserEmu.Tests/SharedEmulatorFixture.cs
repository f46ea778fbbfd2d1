namespace ChaserEmu.Tests;

/// <summary>One emulator for all the cases of a table, which leave nothing behind that another case could see. Its sessions stay in <c>creating</c>.</summary>
public sealed class SharedEmulatorFixture : IAsyncLifetime
{
    internal Emulator Emulator { get; } = Emulator.Start("Sessions:ProvisioningSeconds=3600", "Limits:Concurrent=0", "Limits:CreatesPerMinute=0");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await Emulator.DisposeAsync();
}
