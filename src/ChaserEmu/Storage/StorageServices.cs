using ChaserEmu.Settings;
using Microsoft.EntityFrameworkCore;

namespace ChaserEmu.Storage;

internal static class StorageServices
{
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddSettings<StorageOptions>();
        services.AddSingleton<StorageConnection>();
        services.AddDbContextFactory<EmulatorDb>((provider, options) => options
            .UseSqlite(provider.GetRequiredService<StorageConnection>().Text)
            .AddInterceptors(new ConnectionPragmas()));
        services.AddSingleton(provider => new Lazy<IDbContextFactory<EmulatorDb>>(provider.GetRequiredService<IDbContextFactory<EmulatorDb>>));
        services.AddSingleton<Outages>();
        services.AddSingleton<ReadConnections>();
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
