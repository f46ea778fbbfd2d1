using ChaserEmu.Settings;

namespace ChaserEmu.Accounts;

internal static class AccountServices
{
    public static IServiceCollection AddAccounts(this IServiceCollection services)
    {
        return services.AddSettings<AuthOptions>().AddSingleton<KeyRing>().AddHostedService<KeyRingOpening>();
    }

    /// <summary>Makes the key ring when the emulator starts: keys made for this run are printed before a client needs them.</summary>
    private sealed class KeyRingOpening(IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            services.GetRequiredService<KeyRing>();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
