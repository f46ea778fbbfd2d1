using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using ChaserEmu.Domain;
using ChaserEmu.Time;

namespace ChaserEmu.Sessions;

/// <summary>A preview token and its expiry in emulated time.</summary>
internal readonly record struct IssuedToken(string Text, DateTimeOffset ExpiresAt);

/// <summary>
/// Issues and validates preview tokens. A token holds its expiry and an HMAC-SHA256 of session id and expiry. The HMAC key is
/// random per start, so no token is stored and none is valid after a restart. With <c>Seed</c> the key is the same in every run.
/// </summary>
internal sealed class PreviewTokenIssuer
{
    /// <summary>The maximum frame rate of a live view. Documented.</summary>
    public const int MaxFramesPerSecond = 5;

    private const int ExpiryLength = sizeof(long);
    /// <summary>In emulated time. Assumed; the documentation gives no figure.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);
    private readonly EmulatedClock _clock;
    private readonly byte[] _key = new byte[32];

    public PreviewTokenIssuer(EmulatedClock clock, RandomSource random)
    {
        _clock = clock;
        random.Fill("preview_token", _key);
    }

    public IssuedToken Issue(SessionId session)
    {
        var expiresAt = _clock.GetUtcNow() + Lifetime;
        var token = new byte[ExpiryLength + HMACSHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(token, expiresAt.ToUnixMicroseconds());
        Sign(session, token.AsSpan(0, ExpiryLength)).CopyTo(token, ExpiryLength);
        return new IssuedToken(Base64Url.EncodeToString(token), expiresAt);
    }

    public bool IsValid([NotNullWhen(true)] string? text, SessionId session)
    {
        Span<byte> token = stackalloc byte[ExpiryLength + HMACSHA256.HashSizeInBytes];
        if (text is null || !Base64Url.IsValid(text, out var length) || length != token.Length) return false;
        Base64Url.DecodeFromChars(text, token);
        var expiry = token[..ExpiryLength];
        return CryptographicOperations.FixedTimeEquals(token[ExpiryLength..], Sign(session, expiry))
            && _clock.GetUtcNow() < Timestamp.FromUnixMicroseconds(BinaryPrimitives.ReadInt64BigEndian(expiry));
    }

    private byte[] Sign(SessionId session, ReadOnlySpan<byte> expiry)
    {
        Span<byte> signed = stackalloc byte[16 + ExpiryLength];
        session.Value.TryWriteBytes(signed);
        expiry.CopyTo(signed[16..]);
        return HMACSHA256.HashData(_key, signed);
    }
}
