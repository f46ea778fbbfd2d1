using System.Buffers.Text;
using System.Globalization;
using System.Text;
using ChaserEmu.Domain;

namespace ChaserEmu.Api;

/// <summary>
/// The position after a page: base64url of the creation time and the id of its last session. Documented as opaque. Ids sort by creation, so
/// only the id is used to continue.
/// </summary>
internal static class SessionCursor
{
    public static string Encode(Session last) => Base64Url.EncodeToString(
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{last.CreatedAt.ToWire()}|{last.Id}")));

    public static bool TryDecode(string text, out SessionId last)
    {
        last = default;
        Span<byte> bytes = stackalloc byte[96];
        if (text.Length > 128 || !Base64Url.IsValid(text, out var length) || length > bytes.Length) return false;
        if (!Base64Url.TryDecodeFromChars(text, bytes, out var written)) return false;
        var parts = Encoding.ASCII.GetString(bytes[..written]).Split('|');
        return parts.Length == 2
            && DateTimeOffset.TryParse(parts[0], CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            && SessionId.TryParse(parts[1], out last);
    }
}
