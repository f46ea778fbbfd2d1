using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Api;

/// <summary>Usage of the current month.</summary>
/// <param name="Period">Always <c>current</c>.</param>
/// <param name="From">The start of the month, UTC, without fractional digits.</param>
/// <param name="To">The current time in UTC, with three fractional digits.</param>
/// <param name="Totals">The totals of all sessions, including open sessions so far.</param>
/// <param name="ByRegion">Usage per <c>proxy_region</c>.</param>
/// <param name="ByKey">Usage per key that created the sessions.</param>
/// <param name="ByDay">Usage per day on which sessions ended. Open sessions count for today. Days without usage are included with zeros.</param>
internal sealed record Usage(
    [property: AllowedValues("current")] string Period,
    [property: JsonConverter(typeof(SecondsTimestampConverter))] DateTimeOffset From,
    [property: JsonConverter(typeof(MillisecondsTimestampConverter))] DateTimeOffset To,
    UsageTotals Totals,
    IReadOnlyList<RegionUsage> ByRegion,
    IReadOnlyList<KeyUsage> ByKey,
    IReadOnlyList<DayUsage> ByDay);

/// <summary>Total bytes, sessions and price.</summary>
/// <param name="BytesUp">Bytes sent. Sessions that are not charged are excluded.</param>
/// <param name="BytesDown">Bytes received. Sessions that are not charged are excluded.</param>
/// <param name="BytesTotal">Bytes sent and received.</param>
/// <param name="Sessions">The number of sessions, including sessions that are not charged.</param>
/// <param name="BilledMicroUsd">The price in millionths of a US dollar: $5 per 1,000,000,000 bytes, rounded down.</param>
internal sealed record UsageTotals(long BytesUp, long BytesDown, long BytesTotal, int Sessions, long BilledMicroUsd);

/// <summary>The usage of one region.</summary>
/// <param name="Region">The <c>proxy_region</c> of the sessions.</param>
/// <param name="Sessions">The number of sessions, including sessions that are not charged.</param>
/// <param name="BytesTotal">Bytes sent and received.</param>
/// <param name="BilledMicroUsd">The price in millionths of a US dollar.</param>
internal sealed record RegionUsage(string Region, int Sessions, long BytesTotal, long BilledMicroUsd);

/// <summary>The usage of one key.</summary>
/// <param name="KeyId">The id of the key, a UUID.</param>
/// <param name="KeyPrefix">The first 16 characters of the secret.</param>
/// <param name="KeyName">The name of the key.</param>
/// <param name="Sessions">The number of sessions, including sessions that are not charged.</param>
/// <param name="BytesTotal">Bytes sent and received.</param>
/// <param name="BilledMicroUsd">The price in millionths of a US dollar.</param>
internal sealed record KeyUsage([property: RegularExpression(Domain.KeyId.Pattern)] string KeyId, string KeyPrefix, string KeyName, int Sessions, long BytesTotal, long BilledMicroUsd);

/// <summary>The usage of one day.</summary>
/// <param name="Date">The day, UTC.</param>
/// <param name="BytesTotal">Bytes sent and received.</param>
/// <param name="Sessions">The number of sessions, including sessions that are not charged.</param>
internal sealed record DayUsage(DateOnly Date, long BytesTotal, int Sessions);

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
        return TypedResults.Json(Describe(report, accounts), ApiJson.Default.Usage);
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
