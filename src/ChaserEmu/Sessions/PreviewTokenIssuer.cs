using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using ChaserEmu.Domain;
using ChaserEmu.Time;

namespace ChaserEmu.Sessions;

/// <summary>A token, and until when it opens the session's live view.</summary>
internal readonly record struct IssuedToken(string Text, DateTimeOffset ExpiresAt);

/// <summary>
/// Lets viewers in. A token is its expiry (5 minutes of emulated time, our choice) and a signature of that and the session's id,
/// by a key that only this run has: nothing is stored, and no token outlives the run.
/// </summary>
internal sealed class PreviewTokenIssuer
{
    /// <summary>What a live view shows at the most (documented).</summary>
    public const int MaxFramesPerSecond = 5;

    private const int ExpiryLength = sizeof(long);
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);
    private readonly EmulatedClock _clock;
    private readonly byte[] _key = new byte[32];

    public PreviewTokenIssuer(EmulatedClock clock, RandomSource chance)
    {
        _clock = clock;
        chance.Fill("preview_token", _key);
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
