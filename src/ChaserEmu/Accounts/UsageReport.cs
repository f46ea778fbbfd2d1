using ChaserEmu.Domain;

namespace ChaserEmu.Accounts;

/// <summary>A sum of bytes and sessions, with its price.</summary>
internal readonly record struct UsageSum(long BytesUp, long BytesDown, int Sessions)
{
    public long BytesTotal => BytesUp + BytesDown;

    /// <summary>Gets the price of the sum, rounded down once. Documented example: 346,651,910 bytes in 54 sessions cost 1,733,259 µ$.</summary>
    public long BilledMicroUsd => Pricing.GetPrice(BytesTotal);

    public static UsageSum Sum(IEnumerable<DailyUsage> parts) => parts.Aggregate(
        default(UsageSum), (sum, part) => new(sum.BytesUp + part.BytesUp, sum.BytesDown + part.BytesDown, sum.Sessions + part.Sessions));
}

/// <summary>The usage of a workspace in the current month (UTC).</summary>
internal sealed record UsageReport(
    DateTimeOffset From,
    DateTimeOffset To,
    UsageSum Totals,
    IReadOnlyList<(string Region, UsageSum Sum)> ByRegion,
    IReadOnlyList<(string KeyId, UsageSum Sum)> ByKey,
    IReadOnlyList<(DateOnly Day, UsageSum Sum)> ByDay)
{
    /// <param name="parts">The usage of closed sessions, and of open sessions so far.</param>
    /// <param name="now">The emulated time.</param>
    public static UsageReport Create(IReadOnlyList<DailyUsage> parts, DateTimeOffset now)
    {
        var from = FirstOfMonth(now);
        var days = parts.ToLookup(part => part.Day);
        var first = DateOnly.FromDateTime(from.UtcDateTime);
        return new UsageReport(
            from,
            now,
            UsageSum.Sum(parts),
            [.. parts.GroupBy(part => part.Region, (region, group) => (region, UsageSum.Sum(group))).OrderBy(row => row.region, StringComparer.Ordinal)],
            [.. parts.GroupBy(part => part.KeyId, (key, group) => (key, UsageSum.Sum(group))).OrderBy(row => row.key, StringComparer.Ordinal)],
            [.. Enumerable.Range(0, now.UtcDateTime.Day).Select(first.AddDays).Select(day => (day, UsageSum.Sum(days[day])))]);
    }

    public static DateTimeOffset FirstOfMonth(DateTimeOffset now) => new(now.UtcDateTime.Year, now.UtcDateTime.Month, 1, 0, 0, 0, TimeSpan.Zero);
}
