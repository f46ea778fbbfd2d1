using ChaserEmu.Settings;
using ChaserEmu.Simulation;

namespace ChaserEmu.Accounts;

internal static class AccountServices
{
    public static IServiceCollection AddAccounts(this IServiceCollection services)
    {
        return services
            .AddSettings<AuthOptions>()
            .AddSettings<LimitOptions>()
            .AddSettings<BillingOptions>()
            .AddSingleton<AuditLog>()
            .AddSingleton<Topups>()
            .AddSingleton<IResettable>(provider => provider.GetRequiredService<Topups>())
            .AddSingleton<AccountDirectory>()
            .AddHostedService(provider => provider.GetRequiredService<AccountDirectory>());
    }
}
