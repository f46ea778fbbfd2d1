using System.Globalization;
using ChaserEmu.Domain;

namespace ChaserEmu.Storage;

/// <summary>How values of a type are stored: the type in SQL, and how a value is written and read.</summary>
internal sealed record SqlType<TValue>(string Name, Action<SqlParameter, TValue> Write, Func<SqlRow, int, TValue> Read, bool IsNullable = false);

/// <summary>The types of the columns. Times are stored as microseconds since 1970, which SQLite can sort.</summary>
internal static class SqlType
{
    private const string IntegerName = "INTEGER";
    private const string TextName = "TEXT";
    private const string DayFormat = "yyyy-MM-dd";

    public static readonly SqlType<long> Integer = new(IntegerName, (to, value) => to.Set(value), (row, i) => row.GetInt64(i));

    public static readonly SqlType<int> Int32 = new(IntegerName, (to, value) => to.Set(value), (row, i) => (int)row.GetInt64(i));

    /// <summary>A row id that SQLite assigns if it is 0.</summary>
    public static readonly SqlType<long> AssignedId = new(IntegerName, (to, value) => { if (value == 0) to.SetNull(); else to.Set(value); }, Integer.Read);

    public static readonly SqlType<bool> Boolean = new(IntegerName, (to, value) => to.Set(value ? 1 : 0), (row, i) => row.GetInt64(i) != 0);

    public static readonly SqlType<string> Text = new(TextName, (to, value) => to.Set(value), (row, i) => row.GetString(i));

    public static readonly SqlType<string?> NullableText = new(TextName, (to, value) => to.Set(value), (row, i) => row.GetNullableString(i), IsNullable: true);

    public static readonly SqlType<DateTimeOffset> Time = new(IntegerName, (to, value) => to.Set(value.ToUnixMicroseconds()), (row, i) => Timestamp.FromUnixMicroseconds(row.GetInt64(i)));

    public static readonly SqlType<DateTimeOffset?> NullableTime = new(
        IntegerName,
        (to, value) => { if (value is { } time) Time.Write(to, time); else to.SetNull(); },
        (row, i) => row.IsNull(i) ? null : Time.Read(row, i),
        IsNullable: true);

    public static readonly SqlType<DateOnly> Day = new(TextName, (to, value) => to.Set(FormatDay(value)), (row, i) => DateOnly.ParseExact(row.GetString(i), DayFormat, CultureInfo.InvariantCulture));

    public static readonly SqlType<SessionId> SessionId = new(TextName, (to, value) => to.Set(value.ToString()), (row, i) => Domain.SessionId.Parse(row.GetString(i)));

    public static readonly SqlType<WorkspaceId> WorkspaceId = new(TextName, (to, value) => to.Set(value.Value), (row, i) => new WorkspaceId(row.GetString(i)));

    public static readonly SqlType<SessionStatus> Status = new(TextName, (to, value) => to.Set(value.ToString()), (row, i) => Enum.Parse<SessionStatus>(row.GetString(i)));

    public static readonly SqlType<EndedReason?> NullableReason = new(
        TextName, (to, value) => to.Set(value?.ToString()), (row, i) => row.GetNullableString(i) is { } text ? Enum.Parse<EndedReason>(text) : null, IsNullable: true);

    public static string FormatDay(DateOnly day) => day.ToString(DayFormat, CultureInfo.InvariantCulture);
}
