using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace ChaserEmu.Domain;

/// <summary>
/// The id of a key: a UUID of version 4, as in the documented example. Its digits come from the hash of the secret, so a key has the same id in
/// every run and in every database.
/// </summary>
internal static partial class KeyId
{
    public const string Pattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

    /// <summary>The prefix of the ids that databases and state files had before ids were UUIDs. 24 digits of the hash followed.</summary>
    private const string FormerPrefix = "key_";

    /// <summary>The number of digits of the hash in an id. All former ids have them, so both forms can be converted.</summary>
    private const int DigitCount = 24;

    /// <param name="hash">The hash of the secret, in hexadecimal.</param>
    public static string FromHash(string hash)
    {
        // A UUID has 30 free digits. The first six are repeated at the end. The migration UuidKeyIds does the same in SQL.
        var digits = hash.AsSpan(0, DigitCount);
        return $"{digits[..8]}-{digits[8..12]}-4{digits[12..15]}-8{digits[15..18]}-{digits[18..]}{digits[..6]}";
    }

    /// <summary>Parses an id. A former id, such as <c>key_5f1c0b7a9d3e42f68a0b1c2d</c>, is converted.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out string? id)
    {
        id = FormerId().IsMatch(text) ? FromHash(text[FormerPrefix.Length..]) : Uuid().IsMatch(text) ? text : null;
        return id is not null;
    }

    [GeneratedRegex(@"\Akey_[0-9a-f]{24}\z", RegexOptions.CultureInvariant)]
    private static partial Regex FormerId();

    [GeneratedRegex(@"\A[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Uuid();
}
