using ChaserEmu.Settings;

namespace ChaserEmu.Storage;

internal static class StorageServices
{
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddSettings<StorageOptions>();
        services.AddSingleton<StorageConnectionFactory>();
        services.AddSingleton<EmulatorDbFactory>();
        services.AddSingleton<DatabaseFile>();
        services.AddSingleton<StorageHealth>();
        services.AddSingleton<StorageProbe>();
        services.AddSingleton<ReadConnectionPool>();
        services.AddSingleton<WriteQueue>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<AccountStore>();
        services.AddSingleton<AuditStore>();
        services.AddSingleton<StateStore>();
        services.AddSingleton<DatabaseInitializer>();
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseInitializer>());
        return services;
    }
}
