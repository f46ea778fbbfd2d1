using ChaserEmu.Settings;
using ChaserEmu.Time;

namespace ChaserEmu.Sessions;

internal static class SessionServices
{
    public static IServiceCollection AddSessions(this IServiceCollection services)
    {
        services.AddSettings<SessionOptions>();
        services.AddSingleton<DeadlineQueue>();
        services.AddSingleton<PendingWork>();
        services.AddSingleton<SessionEvents>();
        services.AddSingleton<SessionRunner>();
        services.AddSingleton<SessionRegistry>();
        services.AddSingleton<PreviewTokenIssuer>();
        services.AddSingleton<IResettable>(provider => provider.GetRequiredService<PreviewTokenIssuer>());
        services.AddSingleton<FrameCache>();
        services.AddSingleton<IResettable>(provider => provider.GetRequiredService<FrameCache>());
        services.AddSingleton<StateReset>();
        services.AddSingleton<SessionSupervisor>();
        return services.AddHostedService(provider => provider.GetRequiredService<SessionSupervisor>());
    }
}
