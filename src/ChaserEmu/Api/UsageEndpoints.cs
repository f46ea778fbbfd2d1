using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Api;

/// <summary><c>GET /v1/usage</c>.</summary>
internal static class UsageEndpoints
{
    public static void MapUsage(this RouteGroupBuilder v1) => v1.MapGet("/usage", Get)
        .WithTags("Billing")
        .WithName("getUsage")
        .WithSummary("Get usage of the current month")
        .WithDescription("Usage of the current month (UTC): closed sessions, plus open sessions so far.")
        .Produces<Usage>()
        .ProducesErrors(ApiError.Unauthorized);

    private static IResult Get(HttpContext context, UsageReader usage, AccountRegistry accounts, SessionRegistry sessions, IOptions<Sessions.SessionOptions> options)
    {
        var report = usage.Read(context.GetCaller().Workspace, sessions.Live.Select(live => live.Current), options.Value.Region);
        return TypedResults.Json(Describe(report, accounts), UsageJson.Default.Usage);
    }

    private static Usage Describe(UsageReport report, AccountRegistry accounts) => new(
        "current",
        report.From,
        report.To,
        new(report.Totals.BytesUp, report.Totals.BytesDown, report.Totals.BytesTotal, report.Totals.Sessions, report.Totals.BilledMicroUsd),
        [.. report.ByRegion.Select(row => new RegionUsage(row.Region, row.Sum.Sessions, row.Sum.BytesTotal, row.Sum.BilledMicroUsd))],
        [
            .. from row in report.ByKey
               let key = accounts.FindKey(row.KeyId)
               select new KeyUsage(row.KeyId, key?.Prefix ?? "", key?.Name ?? "", row.Sum.Sessions, row.Sum.BytesTotal, row.Sum.BilledMicroUsd),
        ],
        [.. report.ByDay.Select(row => new DayUsage(row.Day, row.Sum.BytesTotal, row.Sum.Sessions))]);
}
