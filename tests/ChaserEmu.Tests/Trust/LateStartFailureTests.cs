using ChaserEmu.Accounts;
using ChaserEmu.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChaserEmu.Tests.Trust;

/// <summary>Fails the start late, when all other services already run and may have handled calls.</summary>
public sealed class LateStartFailureTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [Fact]
    public async Task Services_that_already_run_stop_without_log_errors()
    {
        using var logs = new CapturingLogger();
        var builder = Microsoft.AspNetCore.Builder.WebApplication.CreateSlimBuilder();
        EmulatorServer.UseEmbeddedDefaults(builder.Configuration);
        builder.Configuration["Storage:Path"] = Path.Combine(_folder, "emulator.db");
        builder.Configuration["Browsers:Path"] = "none";
        builder.Configuration["urls"] = "http://127.0.0.1:0";
        builder.Logging.ClearProviders().AddProvider(logs);
        builder.Services.AddHostedService<FailingService>();

        await using (var app = EmulatorServer.Build(builder))
        {
            await Assert.ThrowsAsync<NotSupportedException>(() => app.StartAsync());
        }

        Assert.Empty(logs.Lines);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>
    /// Uses a key, as a call on a first listen address does, and then fails, as a second listen address in use does. The host then disposes all
    /// services, in any order; here the write queue is first.
    /// </summary>
    private sealed class FailingService(AccountRegistry accounts, WriteQueue writes) : IHostedLifecycleService
    {
        public async Task StartedAsync(CancellationToken cancellationToken)
        {
            Assert.NotNull(await accounts.AuthenticateAsync(Emulator.TestKey));
            await writes.DisposeAsync();
            throw new NotSupportedException("This start fails.");
        }

        public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
