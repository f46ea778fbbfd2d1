using ChaserEmu.Settings;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Storage;

internal static class StorageServices
{
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddSettings<StorageOptions>();
        services.AddPooledDbContextFactory<EmulatorDb>((provider, options) => options
            .UseSqlite(StorageConnection.For(provider.GetRequiredService<IOptions<StorageOptions>>().Value))
            .AddInterceptors(new ConnectionPragmas()));
        services.AddSingleton<WriteQueue>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<AccountStore>();
        services.AddSingleton<AuditStore>();
        services.AddSingleton<StateStore>();
        services.AddSingleton<DatabaseSetup>();
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseSetup>());
        return services;
    }
}
