using System.Diagnostics.CodeAnalysis;

namespace ChaserEmu.Domain;

/// <summary>A session id: <c>sess_</c> and a UUIDv7 in lower case (documented). Ids sort by creation, also as text.</summary>
internal readonly record struct SessionId(Guid Value) : IComparable<SessionId>
{
    public const string Prefix = "sess_";
    private const int Length = 41;

    public static bool TryParse([NotNullWhen(true)] string? text, out SessionId id)
    {
        id = default;
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        if (!Guid.TryParseExact(text.AsSpan(Prefix.Length), "D", out var value) || value.Version != 7) return false;
        id = new SessionId(value);
        return id.ToString() == text;
    }

    public static SessionId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a session id.");

    public int CompareTo(SessionId other) => Value.CompareTo(other.Value);

    public override string ToString() => string.Create(Length, Value, static (text, value) =>
    {
        Prefix.CopyTo(text);
        value.TryFormat(text[Prefix.Length..], out _, "D");
    });
}
