using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace ChaserEmu.Domain;

/// <summary>The secret of an API key. Only <see cref="Prefix"/> exposes part of it as plain text.</summary>
internal sealed partial class ApiKeySecret
{
    /// <summary>The number of random bytes in a generated key.</summary>
    public const int RandomLength = 32;

    private const string TestPrefix = "cha_test_";
    private const int VisibleLength = 7;
    private readonly string _secret;

    private ApiKeySecret(string secret) => _secret = secret;

    /// <summary>Gets whether this is a <c>cha_test_</c> key, whose sessions have no browser and cost nothing. Documented.</summary>
    public bool IsTestMode => _secret.StartsWith(TestPrefix, StringComparison.Ordinal);

    /// <summary>Gets the first 16 characters, the only part of a key that may be shown (documented). Of a short secret it shows at most half.</summary>
    public string Prefix => _secret[..(TestPrefix.Length + Math.Min(VisibleLength, (_secret.Length - TestPrefix.Length) / 2))];

    /// <summary>Returns the SHA-256 of the secret in hexadecimal, the only form that is stored.</summary>
    public string ComputeHash()
    {
        Span<byte> text = stackalloc byte[_secret.Length];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.ASCII.GetBytes(_secret, text)], hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>Parses <c>cha_live_</c> or <c>cha_test_</c> and 1–128 URL-safe characters. The service issues 43; other lengths are accepted for convenience.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ApiKeySecret? key)
    {
        key = text is not null && Pattern().IsMatch(text) ? new ApiKeySecret(text) : null;
        return key is not null;
    }

    /// <summary>Returns a new key: the prefix and 32 random bytes as 43 URL-safe base64 characters. Documented.</summary>
    public static string Generate(bool testMode, ReadOnlySpan<byte> random) =>
        (testMode ? TestPrefix : "cha_live_") + System.Buffers.Text.Base64Url.EncodeToString(random);

    public override string ToString() => Prefix + "…";

    [GeneratedRegex(@"\Acha_(live|test)_[A-Za-z0-9_-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
