using ChaserEmu.Time;

namespace ChaserEmu.Api;

/// <summary><c>/v1</c>: the REST API of the service, one file per resource.</summary>
internal static class V1
{
    public static IServiceCollection AddV1(this IServiceCollection services) => services
        .AddSingleton<SessionRateLimiter>()
        .AddSingleton<ClientPace>()
        .AddSingleton<IResettable>(provider => provider.GetRequiredService<ClientPace>())
        .AddContract();

    public static void MapV1(this IEndpointRouteBuilder app)
    {
        var v1 = app.MapGroup("/v1").RequireKey().WithDeviationCheck().WithFaultInjection();
        v1.MapSessions();
        v1.MapScreenshots();
        v1.MapPreviews();
        v1.MapUsage();

        var dashboard = app.MapGroup("/v1").RequireDashboardUser().WithDeviationCheck().WithFaultInjection();
        dashboard.MapKeys();
        dashboard.MapBilling();
        dashboard.MapAudit();
    }
}
