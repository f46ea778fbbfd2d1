using ChaserEmu.Http;
using ChaserEmu.Journal;
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
        .AddSingleton<Inspector>()
        .AddHostedService<StateSeeder>();

    /// <summary>Returns whether <c>/_emu</c> is enabled and requires no token.</summary>
    public static bool IsControlPlaneOpen(this WebApplication app) => app.Services.GetRequiredService<IOptions<ControlOptions>>().Value is { Enabled: true, RequiresToken: false };

    /// <summary>Creates a group of routes below <c>/_emu</c>, with the checks that all of them share.</summary>
    public static RouteGroupBuilder MapControlGroup(this IEndpointRouteBuilder app) => app.MapGroup("/_emu").WithGroupName(ControlDocument.Name)
        .AddEndpointFilter(new ControlGuard(app.ServiceProvider.GetRequiredService<IOptions<ControlOptions>>())).RejectUnknownParameters();

    public static void MapControlPlane(this IEndpointRouteBuilder app)
    {
        var control = app.MapControlGroup();
        app.ServiceProvider.GetRequiredService<ApiRoutes>().SetEndpointSource(() => app.ServiceProvider.GetRequiredService<EndpointDataSource>());
        control.MapClock();
        control.MapInspection();
        control.MapWorkspaces();
        control.MapReset();
        control.MapState();
        control.MapJournal();
        control.MapCdpJournal();
        control.MapFaults();
        control.MapEvents();
        control.MapDashboardInfo();
        control.MapSettings();
        foreach (var format in new[] { "json", "yaml" })
            control.MapGet($"/{ControlDocument.Name}.{format}", (HttpContext context, ControlDocument document) => document.Serve(context)).ExcludeFromDescription();
    }
}
