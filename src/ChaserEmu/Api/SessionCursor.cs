using System.Globalization;
using System.Text;
using ChaserEmu.Domain;

namespace ChaserEmu.Api;

/// <summary>
/// The position after a page: base64 of the creation time and the UUID of its last session, such as
/// <c>2026-06-13T11:49:20.651182+00:00|019ec0d0-a88a-73f2-9741-8030dc82a854</c> (documented example). Ids sort by creation, so only the id is
/// used to continue.
/// </summary>
/// <remarks>
/// The base64 text of such a position has letters and digits only, and no padding. It is the same in the standard and the URL-safe alphabet, and no
/// client can break it by escaping it wrongly.
/// </remarks>
internal static class SessionCursor
{
    public const string Pattern = "^[A-Za-z0-9]{92}$";

    private const int Length = 92;
    private const int ByteLength = 69;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffffzzz";

    public static string Encode(Session last) =>
        Convert.ToBase64String(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{last.CreatedAt.ToWire()[..^1]}+00:00|{last.Id.Value}")));

    public static bool TryDecode(string text, out SessionId last)
    {
        last = default;
        Span<byte> bytes = stackalloc byte[ByteLength];
        if (text.Length != Length || !Convert.TryFromBase64String(text, bytes, out _)) return false;
        var parts = Encoding.ASCII.GetString(bytes).Split('|');
        return parts.Length == 2
            && DateTimeOffset.TryParseExact(parts[0], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            && SessionId.TryParse(SessionId.Prefix + parts[1], out last);
    }
}
