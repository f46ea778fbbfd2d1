using System.ComponentModel.DataAnnotations;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using ChaserEmu.Storage;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Api;

/// <summary>Usage of the present month.</summary>
/// <param name="Period">Always <c>current</c>.</param>
/// <param name="From">The first of the month, UTC.</param>
/// <param name="To">Now.</param>
/// <param name="Totals">Of all sessions, open ones as far as they are.</param>
/// <param name="ByRegion">By <c>proxy_region</c>.</param>
/// <param name="ByKey">By the key that made the session.</param>
/// <param name="ByDay">By the day on which sessions ended, open ones today; days without usage are there, with zeros.</param>
internal sealed record Usage(
    [property: AllowedValues("current")] string Period,
    DateTimeOffset From,
    DateTimeOffset To,
    UsageTotals Totals,
    IReadOnlyList<RegionUsage> ByRegion,
    IReadOnlyList<KeyUsage> ByKey,
    IReadOnlyList<DayUsage> ByDay);

/// <summary>Bytes, sessions and their price.</summary>
/// <param name="BytesUp">Sent. Bytes of sessions that are not charged do not count.</param>
/// <param name="BytesDown">Received.</param>
/// <param name="BytesTotal">Both.</param>
/// <param name="Sessions">Sessions, those that are not charged included.</param>
/// <param name="BilledMicroUsd">The price in millionths of a US dollar: $5 for 1,000,000,000 bytes, rounded down.</param>
internal sealed record UsageTotals(long BytesUp, long BytesDown, long BytesTotal, int Sessions, long BilledMicroUsd);

/// <summary>What was used in a region.</summary>
/// <param name="Region">As on the session.</param>
/// <param name="Sessions">Sessions, those that are not charged included.</param>
/// <param name="BytesTotal">Up and down.</param>
/// <param name="BilledMicroUsd">The price in millionths of a US dollar.</param>
internal sealed record RegionUsage(string Region, int Sessions, long BytesTotal, long BilledMicroUsd);

/// <summary>What was used by the sessions of a key.</summary>
/// <param name="KeyId">The key's id.</param>
/// <param name="KeyPrefix">The first 16 characters of its secret.</param>
/// <param name="KeyName">Its name.</param>
/// <param name="Sessions">Sessions, those that are not charged included.</param>
/// <param name="BytesTotal">Up and down.</param>
/// <param name="BilledMicroUsd">The price in millionths of a US dollar.</param>
internal sealed record KeyUsage(string KeyId, string KeyPrefix, string KeyName, int Sessions, long BytesTotal, long BilledMicroUsd);

/// <summary>What was used on a day.</summary>
/// <param name="Date">The day, UTC.</param>
/// <param name="BytesTotal">Up and down.</param>
/// <param name="Sessions">Sessions, those that are not charged included.</param>
internal sealed record DayUsage(DateOnly Date, long BytesTotal, int Sessions);

/// <summary><c>GET /v1/usage</c>.</summary>
internal static class UsageEndpoints
{
    public static void MapUsage(this RouteGroupBuilder v1) => v1.MapGet("/usage", Get)
        .WithTags("Billing")
        .WithName("getUsage")
        .WithSummary("Usage of the present month")
        .WithDescription("Closed sessions from the first of the month (UTC) on, and open ones as far as they are.")
        .Produces<Usage>()
        .ProducesErrors(ApiError.Unauthorized);

    private static IResult Get(
        HttpContext context, AccountStore store, AccountRegistry accounts, SessionRegistry sessions, EmulatedClock clock, IOptions<Sessions.SessionOptions> options)
    {
        var workspace = context.GetCaller().Workspace;
        var now = clock.GetUtcNow();
        var open = sessions.Live.Select(live => live.Current).Where(session => session.Workspace == workspace && !session.IsTerminal).ToDictionary(session => session.Id);
        var (parts, ended) = store.GetUsage(workspace, DateOnly.FromDateTime(UsageReport.FirstOfMonth(now).UtcDateTime), [.. open.Keys]);
        foreach (var id in ended) open.Remove(id);
        parts.AddRange(open.Values.Select(session => DailyUsage.FromSession(session, DateOnly.FromDateTime(now.UtcDateTime), options.Value.Region)));

        return TypedResults.Json(Describe(UsageReport.Create(parts, now), accounts), ApiJson.Default.Usage);
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
