namespace ChaserEmu.Domain;

/// <summary>Formats times as the API does: UTC, six fractional digits (fewer in some fields), <c>Z</c>. Documented.</summary>
internal static class Timestamp
{
    public static DateTimeOffset TruncateToMicroseconds(this DateTimeOffset time) =>
        new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);

    public static DateTimeOffset TruncateToMilliseconds(this DateTimeOffset time) =>
        new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerMillisecond, TimeSpan.Zero);

    public static string ToWire(this DateTimeOffset time) => TimestampConverter.Format(time);

    /// <summary>Returns microseconds since 1970, the form stored in SQLite.</summary>
    public static long ToUnixMicroseconds(this DateTimeOffset time) => (time.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromUnixMicroseconds(long microseconds) =>
        new(DateTime.UnixEpoch.Ticks + microseconds * TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}
