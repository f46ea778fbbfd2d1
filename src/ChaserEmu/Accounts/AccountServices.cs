using ChaserEmu.Settings;

namespace ChaserEmu.Accounts;

internal static class AccountServices
{
    public static IServiceCollection AddAccounts(this IServiceCollection services)
    {
        return services.AddSettings<AuthOptions>().AddSingleton<KeyRing>();
    }
}
