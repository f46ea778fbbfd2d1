using ChaserEmu.Accounts;
using ChaserEmu.Http;
using ChaserEmu.Platform;
using ChaserEmu.Storage;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/dashboard</c>: what a page needs to start.</summary>
internal static class DashboardEndpoints
{
    public static void MapDashboardInfo(this RouteGroupBuilder control) => control.MapGet("/dashboard", Get)
        .WithTags("Dashboard")
        .WithName("getDashboard")
        .WithSummary("Get what a page needs to start")
        .WithDescription("Returns addresses as the caller reaches them, a key and a cookie that the emulator accepts, the clock, and settings that explain what sessions do.")
        .Produces<DashboardInfo>();

    private static IResult Get(
        HttpRequest request,
        PublicUrlBuilder address,
        AccountRegistry accounts,
        EmulatedClock clock,
        IOptions<AuthOptions> auth,
        IOptions<ControlOptions> control,
        IOptions<StorageOptions> storage,
        IOptions<Sessions.SessionOptions> sessions) => ControlJson.ToResult(new DashboardInfo(
            EmulatorVersion.Current,
            address.GetBaseUrl(request),
            address.GetCdpBaseUrl(request),
            accounts.ExampleKey,
            $"{AuthOptions.CookieName}={auth.Value.DashboardCookie}",
            accounts.Default.Workspace.Value,
            control.Value.RequiresToken,
            clock.Read(),
            new DashboardSettings(
                sessions.Value.IdleSeconds,
                storage.Value.IsInMemory ? "memory" : Path.GetFullPath(storage.Value.Path),
                auth.Value.Mode is AuthMode.Open ? "open" : "strict")));
}
