using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>Usage of the current month.</summary>
/// <param name="Period">Always <c>current</c>.</param>
/// <param name="From">The start of the month, UTC, without fractional digits.</param>
/// <param name="To">The current time in UTC, with three fractional digits.</param>
/// <param name="Totals">The totals of all sessions, including open sessions so far.</param>
/// <param name="ByRegion">Usage per <c>proxy_region</c>.</param>
/// <param name="ByKey">Usage per key that created the sessions.</param>
/// <param name="ByDay">Usage per day on which sessions ended. Open sessions count for today. Days without usage are included with zeros.</param>
public sealed record Usage(
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
public sealed record UsageTotals(long BytesUp, long BytesDown, long BytesTotal, int Sessions, long BilledMicroUsd);

/// <summary>The usage of one region.</summary>
/// <param name="Region">The <c>proxy_region</c> of the sessions.</param>
/// <param name="Sessions">The number of sessions, including sessions that are not charged.</param>
/// <param name="BytesTotal">Bytes sent and received.</param>
/// <param name="BilledMicroUsd">The price in millionths of a US dollar.</param>
public sealed record RegionUsage(string Region, int Sessions, long BytesTotal, long BilledMicroUsd);

/// <summary>The usage of one key.</summary>
/// <param name="KeyId">The id of the key, a UUID.</param>
/// <param name="KeyPrefix">The first 16 characters of the secret.</param>
/// <param name="KeyName">The name of the key.</param>
/// <param name="Sessions">The number of sessions, including sessions that are not charged.</param>
/// <param name="BytesTotal">Bytes sent and received.</param>
/// <param name="BilledMicroUsd">The price in millionths of a US dollar.</param>
public sealed record KeyUsage([property: RegularExpression(Key.IdPattern)] string KeyId, string KeyPrefix, string KeyName, int Sessions, long BytesTotal, long BilledMicroUsd);

/// <summary>The usage of one day.</summary>
/// <param name="Date">The day, UTC.</param>
/// <param name="BytesTotal">Bytes sent and received.</param>
/// <param name="Sessions">The number of sessions, including sessions that are not charged.</param>
public sealed record DayUsage(DateOnly Date, long BytesTotal, int Sessions);

/// <summary>The JSON of <c>/v1/usage</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(Usage))]
public sealed partial class UsageJson : JsonSerializerContext;
