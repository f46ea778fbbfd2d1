using ChaserEmu.Settings;
using ChaserEmu.Time;

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
            .AddSingleton<UsageReader>()
            .AddSingleton<TopupRegistry>()
            .AddSingleton<IResettable>(provider => provider.GetRequiredService<TopupRegistry>())
            .AddSingleton<AccountRegistry>()
            .AddHostedService(provider => provider.GetRequiredService<AccountRegistry>());
    }
}
