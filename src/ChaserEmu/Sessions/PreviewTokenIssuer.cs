using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChaserEmu.Domain;
using ChaserEmu.Time;

namespace ChaserEmu.Sessions;

/// <summary>A preview token and its expiry in emulated time.</summary>
internal readonly record struct IssuedToken(string Text, DateTimeOffset ExpiresAt);

/// <summary>
/// Issues and validates preview tokens: JSON web tokens (RFC 7519) with session, purpose and expiry, signed with HMAC-SHA256. The signing key is
/// random and changes at every start and full reset, so no token is stored and none is valid afterwards. With <c>Seed</c> the key is the same in
/// every run.
/// </summary>
/// <remarks>Without a library: there is one issuer, one verifier and one algorithm, and the header is compared as text, never interpreted.</remarks>
internal sealed class PreviewTokenIssuer : IResettable
{
    /// <summary>The maximum frame rate of a live view. Documented.</summary>
    public const int MaxFramesPerSecond = 5;

    private const string Audience = "preview";

    /// <summary>In emulated time. Assumed; the documentation gives no figure.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private static readonly string Header = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);

    private readonly EmulatedClock _clock;
    private readonly RandomSource _random;
    private volatile byte[] _key;

    public PreviewTokenIssuer(EmulatedClock clock, RandomSource random)
    {
        (_clock, _random) = (clock, random);
        _key = CreateKey();
    }

    public IssuedToken Issue(SessionId session)
    {
        // Milliseconds, because the API shows no more: the token expires exactly at the time that it shows.
        var expiresAt = (_clock.GetUtcNow() + Lifetime).TruncateToMilliseconds();
        var expiry = expiresAt.ToUnixTimeMilliseconds() / 1000m;
        var claims = string.Create(CultureInfo.InvariantCulture, $$"""{"sub":"{{session}}","aud":"{{Audience}}","exp":{{expiry}}}""");
        var content = $"{Header}.{Base64Url.EncodeToString(Encoding.ASCII.GetBytes(claims))}";
        return new IssuedToken($"{content}.{Sign(content)}", expiresAt);
    }

    /// <summary>Returns whether the token is one of this issuer for the session, and has not expired.</summary>
    public bool IsValid([NotNullWhen(true)] string? token, SessionId session)
    {
        if (token?.StartsWith(Header + ".", StringComparison.Ordinal) is not true) return false;
        var end = token.LastIndexOf('.');
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token[(end + 1)..]), Encoding.UTF8.GetBytes(Sign(token[..end])))) return false;

        // The signature shows that the claims are as they were issued.
        var claims = JsonElement.Parse(Base64Url.DecodeFromChars(token.AsSpan()[(Header.Length + 1)..end]));
        return claims.GetProperty("sub").ValueEquals(session.ToString())
            && claims.GetProperty("aud").ValueEquals(Audience)
            && _clock.GetUtcNow() < DateTimeOffset.FromUnixTimeMilliseconds((long)(claims.GetProperty("exp").GetDecimal() * 1000));
    }

    /// <summary>Invalidates all tokens if everything is reset. After the reset of a workspace, the sessions of its tokens do not exist any more.</summary>
    public void Reset(WorkspaceId? workspace)
    {
        if (workspace is null) _key = CreateKey();
    }

    private byte[] CreateKey()
    {
        var key = new byte[32];
        _random.Fill("preview_token", key);
        return key;
    }

    private string Sign(string content) => Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(content)));
}
