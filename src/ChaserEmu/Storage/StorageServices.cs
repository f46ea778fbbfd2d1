using ChaserEmu.Settings;

namespace ChaserEmu.Storage;

internal static class StorageServices
{
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddSettings<StorageOptions>();
        services.AddSingleton<StorageConnection>();
        services.AddSingleton<Entities>();
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
