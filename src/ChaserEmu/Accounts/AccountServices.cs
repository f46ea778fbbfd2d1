using ChaserEmu.Settings;

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
            .AddSingleton<AccountDirectory>()
            .AddHostedService(provider => provider.GetRequiredService<AccountDirectory>());
    }
}
