using ChaserEmu.Settings;

namespace ChaserEmu.Sessions;

internal static class SessionServices
{
    public static IServiceCollection AddSessions(this IServiceCollection services)
    {
        services.AddSettings<SessionOptions>();
        services.AddSingleton<Deadlines>();
        services.AddSingleton<InFlight>();
        services.AddSingleton<TransitionFeed>();
        services.AddSingleton<SessionRunner>();
        services.AddSingleton<SessionDirectory>();
        services.AddSingleton<PreviewTokens>();
        services.AddSingleton<CleanSlate>();
        services.AddSingleton<SessionSupervisor>();
        return services.AddHostedService(provider => provider.GetRequiredService<SessionSupervisor>());
    }
}
