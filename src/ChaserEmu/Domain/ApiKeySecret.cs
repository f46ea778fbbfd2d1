using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace ChaserEmu.Domain;

/// <summary>The secret a client sends. It never leaves this type in plain text but for <see cref="Prefix"/>.</summary>
internal sealed partial class ApiKeySecret
{
    /// <summary>What the service's keys look like.</summary>
    public const string GeneratedPattern = "^cha_(live|test)_[A-Za-z0-9_-]{43}$";

    /// <summary>What <see cref="Prefix"/> looks like: 16 characters of the service's own keys.</summary>
    public const string PrefixPattern = "^cha_(live|test)_[A-Za-z0-9_-]{0,7}$";

    /// <summary>The random bytes of a generated key.</summary>
    public const int RandomLength = 32;

    private const string TestPrefix = "cha_test_";
    private const int ListedLength = 7;
    private readonly string _secret;

    private ApiKeySecret(string secret) => _secret = secret;

    /// <summary>A <c>cha_test_</c> key (documented): its sessions have no browser and cost nothing.</summary>
    public bool IsTestMode => _secret.StartsWith(TestPrefix, StringComparison.Ordinal);

    /// <summary>The first 16 characters, which is all of a key that may be shown (documented); of a short name's secret part never more than half.</summary>
    public string Prefix => _secret[..(TestPrefix.Length + Math.Min(ListedLength, (_secret.Length - TestPrefix.Length) / 2))];

    /// <summary>SHA-256 of the secret in hexadecimal, the only form in which it is kept.</summary>
    public string ComputeHash()
    {
        Span<byte> text = stackalloc byte[_secret.Length];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..Encoding.ASCII.GetBytes(_secret, text)], hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>Accepts <c>cha_live_</c> or <c>cha_test_</c> and 1–128 url-safe characters. (The service issues 43; shorter names are our convenience.)</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ApiKeySecret? key)
    {
        key = text is not null && Form().IsMatch(text) ? new ApiKeySecret(text) : null;
        return key is not null;
    }

    /// <summary>A new key as the service makes them: 32 random bytes as 43 url-safe base64 characters (documented).</summary>
    public static string Generate(bool testMode, ReadOnlySpan<byte> random) =>
        (testMode ? TestPrefix : "cha_live_") + System.Buffers.Text.Base64Url.EncodeToString(random);

    public override string ToString() => Prefix + "…";

    [GeneratedRegex(@"\Acha_(live|test)_[A-Za-z0-9_-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
