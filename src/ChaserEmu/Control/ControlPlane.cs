using ChaserEmu.Settings;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Control;

/// <summary><c>/_emu</c>: time travel, faults, journal, state and reset for tests.</summary>
internal static class ControlPlane
{
    public static IServiceCollection AddControlPlane(this IServiceCollection services) => services
        .AddSettings<ControlOptions>()
        .AddSettings<StateOptions>()
        .AddSingleton<ApiRoutes>()
        .AddHostedService<StateSeeder>();

    public static void MapControlPlane(this IEndpointRouteBuilder app)
    {
        var control = app.MapGroup("/_emu").ExcludeFromDescription().AddEndpointFilter(new ControlGuard(app.ServiceProvider.GetRequiredService<IOptions<ControlOptions>>())).RejectUnknownParameters();
        app.ServiceProvider.GetRequiredService<ApiRoutes>().SetEndpointSource(() => app.ServiceProvider.GetRequiredService<EndpointDataSource>());
        control.MapClock();
        control.MapInspection();
        control.MapReset();
        control.MapState();
        control.MapJournal();
        control.MapCdpJournal();
        control.MapFaults();
    }
}
